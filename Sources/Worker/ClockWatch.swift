import Curl
import FoundationEssentials
package import HTTP
import HTTPTypes
import Synchronization

/// Notes how far this machine's clock is from that of the servers that it asks, by the `Date` of
/// their answers (RFC 9110, 6.6.1).
///
/// Leases, deadlines and expiry follow the database's clock (D8). Ours judges how old Stripe's
/// signatures are, and signs: when it is wrong, genuine events are refused.
package final class ClockWatch: Sendable {
    /// Seconds that ours is ahead; nil before the first answer that says the time.
    var secondsAhead: Double? { newest.withLock(\.self) }

    private let newest = Mutex<Double?>(nil)

    package init() {}

    /// `send`, looked at.
    package func watching(_ send: @escaping Send) -> Send {
        { request throws(TransportError) in
            let response = try send(request)
            if let text = response.fields[.date], let date = HTTPDate.parse(text) {
                let seconds = Date().timeIntervalSince(date)
                self.newest.withLock { $0 = seconds }
            }
            return response
        }
    }
}
