package import Curl
package import Logging
package import MariaDB
import Store

/// Sends what the outbox holds, one message at a time, on one thread. A message whose sender dies
/// is sent again when its lease is over, so it may arrive twice and never not at all.
package final class Courier: Keeper {
    /// Longer than any one message can take, with the time to write its end down.
    static let lease = Duration.seconds(60)

    let settings: CourierSettings
    let database: Connection
    let curl: Curl
    let log: Logger
    let patience: Duration
    /// Who else sends the like in this process; nil for a thread that sends alone.
    let squad: Squad?
    var askedForOperatorAt: ContinuousClock.Instant?

    /// - Parameters:
    ///   - curl: bounds each message by its timeout, which is shorter than the lease, and for
    ///     webhooks the addresses that may be called.
    ///   - patience: how long what became of a message is kept for a database that is away.
    ///   - squad: is called when there is more to send than this thread has taken.
    package init(
        settings: CourierSettings, database: Connection, curl: Curl, log: Logger,
        patience: Duration = .seconds(20), squad: Squad? = nil
    ) {
        self.settings = settings
        self.database = database
        self.curl = curl
        self.log = log
        self.patience = patience
        self.squad = squad
    }
}
