// SampleShop: fills an empty database of development with a shop of ninety days, by the functions that
// the shop itself uses, so that each row, count and entry is what it would have written. The session's
// clock stands at each event (`SET SESSION timestamp`), and ids are made by a clock that stands there
// too. What happens is decided by a fixed seed; vendors are not asked.

package import Domain
import FoundationEssentials
import Ledger
package import MariaDB
import RandomSupport
import Store

package final class SampleShop {
    package static let days = 90

    /// How many people come, and how many videos they order.
    package struct Size: Sendable {
        let customers: Int
        let videos: Int

        package init(customers: Int, videos: Int) {
            self.customers = customers
            self.videos = videos
        }

        package static let whole = Size(customers: 200, videos: 3000)
    }

    /// What a shop is run by.
    package struct Terms: Sendable {
        let credit: CreditPolicy
        let deadlines: JobDeadlines
        /// Of everybody's password.
        let passwordHash: String

        package init(credit: CreditPolicy, deadlines: JobDeadlines, passwordHash: String) {
            self.credit = credit
            self.deadlines = deadlines
            self.passwordHash = passwordHash
        }
    }

    /// The people who run it, by their addresses.
    package static let staff: [(email: String, role: User.Role)] = [
        ("admin@rushes.test", .admin), ("support@rushes.test", .support),
        ("accountant@rushes.test", .accountant),
    ]

    let database: Connection
    let size: Size
    let terms: Terms
    let catalog: Catalog
    /// Puts a video of so many seconds in its place.
    let film: (VideoID, Int) throws -> VideoFile
    let openedAt: Date
    let now: Date
    let clock = IDClock()
    var random = SplitMix64(seed: 90)
    /// When what happens now happens.
    var time: Date
    var timeline = Timeline()
    var staff: [UserID] = []
    var customers: [Customer] = []
    var paid: [PaidSample] = []
    var fates: [VideoID: Fate] = [:]
    /// Counts what the vendors would have named.
    private var names = 0

    /// - Parameter film: puts a video of so many seconds in its place.
    package init(
        in database: Connection, size: Size = .whole, _ terms: Terms,
        film: @escaping (VideoID, Int) throws -> VideoFile
    ) throws {
        self.database = database
        self.size = size
        self.terms = terms
        self.film = film
        catalog = try database.catalog(version: 1)
        now = try database.databaseTime()
        openedAt = now.addingTimeInterval(-Double(Self.days) * 86_400)
        time = openedAt
    }

    /// Whether the database has no user yet, as it must be.
    package static func isPossible(in database: Connection) throws -> Bool {
        try database.first("SELECT EXISTS (SELECT 1 FROM users) AS is_there") { row in
            try !(row("is_there") as Bool)
        } ?? false
    }

    /// Lets it all happen. Nobody else may use the database meanwhile.
    package func fill() throws {
        planPeople()
        planMoney()
        planOrders()
        planUpkeep()
        try IDClock.$current.withValue(clock) {
            while try happen(atMost: 200) {}
        }
        try database.execute("SET SESSION timestamp = DEFAULT")
        time = try database.databaseTime()
        try finish()
    }

    /// Some events go to the disk at once. False when there is none left.
    private func happen(atMost count: Int) throws -> Bool {
        var isTried = false
        return try database.transaction {
            // The events that a second run would need are gone.
            guard !isTried else { throw SampleBroken() }
            isTried = true
            for _ in 0..<count {
                guard let event = timeline.next() else { return false }
                try stand(at: event.time)
                try event.act()
            }
            return true
        }
    }

    private func stand(at instant: Date) throws {
        time = instant
        clock.stand(at: instant)
        let microseconds = Int(instant.timeIntervalSince1970 * 1_000_000)
        try database.execute("SET SESSION timestamp = \(microseconds) / 1000000")
    }

    // MARK: What the parts use

    func later(_ seconds: Double, _ act: @escaping () throws -> Void) {
        timeline.add(at: time.addingTimeInterval(seconds), act)
    }

    func at(daysAgo: Double, _ act: @escaping () throws -> Void) {
        timeline.add(at: now.addingTimeInterval(-daysAgo * 86_400), act)
    }

    /// Whether what takes so long is over in time.
    func fits(_ seconds: Double) -> Bool {
        time.addingTimeInterval(seconds) < now.addingTimeInterval(-300)
    }

    func chance(_ percent: Double) -> Bool { Double.random(in: 0..<100, using: &random) < percent }

    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// One of them, each as likely as its weight says.
    func draw<Value>(_ values: [(value: Value, weight: Double)]) -> Value? {
        var left = Double.random(in: 0..<1, using: &random) * values.reduce(0) { $0 + $1.weight }
        for (value, weight) in values {
            left -= weight
            if left < 0 { return value }
        }
        return values.last?.value
    }

    func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// What a vendor would have called its object.
    func name(_ prefix: String) -> String {
        names += 1
        return "\(prefix)_sample_\(names)"
    }

    /// Who of the staff acts, and why; each act with a key of its own.
    func acting(_ position: Int = 0, _ reason: String) throws -> Operator {
        try Operator(userID: staff[position], reason: reason, key: name("key"))
    }

    /// An instant of the shop's life, the more likely the more the shop has grown, and rarely at night.
    func moment() -> Date {
        while true {
            let day = Double.random(in: 0..<Double(Self.days), using: &random)
            let instant = openedAt.addingTimeInterval(day * 86_400)
            let hour = Int(instant.timeIntervalSince1970 / 3600) % 24
            let isWelcome = chance((30 + 70 * day / Double(Self.days)) * (hour < 6 ? 0.25 : 1))
            if isWelcome, instant < now.addingTimeInterval(-3600) { return instant }
        }
    }

    /// Credit of the first weeks lapsed sooner, so that some of it has.
    var policy: CreditPolicy {
        time < openedAt.addingTimeInterval(35 * 86_400)
            ? CreditPolicy(expiry: .seconds(45 * 86_400)) : terms.credit
    }
}

/// The database has let a transaction of the sample shop run twice.
struct SampleBroken: Error {}
