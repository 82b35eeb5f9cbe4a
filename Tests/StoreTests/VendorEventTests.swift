import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `W2 and W5 events` {
    private struct Broken: Error {}

    private func receive(
        _ id: String, _ db: Connection, effect: () throws -> Bool
    ) throws {
        try db.receive(
            id, from: .stripe, type: "checkout.session.completed", object: "cs_1", effect: effect)
    }

    private func rows(_ db: Connection, _ id: String) throws -> Int {
        try db.count("SELECT COUNT(*) FROM vendor_events WHERE event_id = \(id)")
    }

    @Test func `an event has its effect once`() throws {
        try withDatabase { db in
            var effects = 0
            for _ in 1...3 {
                try receive("evt_once", db) {
                    effects += 1
                    return true
                }
            }
            #expect(effects == 1)
            #expect(try db.isProcessed("evt_once", from: .stripe))
            #expect(try !db.isProcessed("evt_once", from: .pollo))
            #expect(try !db.isProcessed("evt_ONCE", from: .stripe))
        }
    }

    @Test func `ids that differ in case alone are two events (D6)`() throws {
        try withDatabase { db in
            var effects: [String] = []
            for id in ["evt_1AbC", "evt_1aBc"] {
                try receive(id, db) {
                    effects.append(id)
                    return true
                }
            }
            #expect(effects == ["evt_1AbC", "evt_1aBc"])
        }
    }

    @Test func `an event whose effect failed leaves no trace and comes again`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            #expect(throws: Broken.self) {
                try receive("evt_broken", db) {
                    try db.insertGrant(.dollars(1), of: account)
                    throw Broken()
                }
            }
            #expect(try rows(db, "evt_broken") == 0)
            #expect(try db.balance(of: account).available == .zero)
            try receive("evt_broken", db) {
                try db.insertGrant(.dollars(1), of: account)
                return true
            }
            #expect(try db.balance(of: account).available == .dollars(1))
            try expectCleanBooks(db)
        }
    }

    @Test func `twenty deliveries at once of one event are all taken and have one effect`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.insertPurchase("pro", of: account)
            let effects = try inParallel(20) { _ -> Int in
                let db = Connection(configuration)
                var effects = 0
                try receive("evt_20", db) {
                    // A lost deadlock may run it again; what counts is what was committed.
                    effects = 1
                    _ = try db.apply(.of(order), to: order.id, policy: .test)
                    return true
                }
                return effects
            }
            #expect(effects.reduce(0, +) == 1)
            #expect(try rows(db, "evt_20") == 1)
            #expect(try db.balance(of: account).available == .dollars(55))
            try expectCleanBooks(db)
        }
    }

    @Test func `two events of one payment at once credit it once (W4)`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.insertPurchase("pro", of: account)
            _ = try inParallel(12) { number in
                let db = Connection(configuration)
                try receive("evt_\(number % 3)", db) {
                    _ = try db.apply(.of(order), to: order.id, policy: .test)
                    return true
                }
            }
            #expect(try db.count("SELECT COUNT(*) FROM vendor_events") == 3)
            #expect(try db.balance(of: account).available == .dollars(55))
            try expectCleanBooks(db)
        }
    }

    @Test func `an event of an unknown object is kept and tried again, less and less often`() throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try receive("evt_early", db) { false }
            #expect(try !db.isProcessed("evt_early", from: .stripe))
            #expect(try db.unprocessedStripeEvents(limit: 9).isEmpty)
            try db.execute(
                "UPDATE vendor_events SET received_at = UTC_TIMESTAMP(6) - INTERVAL 11 SECOND")
            let waiting = try db.unprocessedStripeEvents(limit: 9)
            #expect(waiting.map(\.id) == ["evt_early"])
            #expect(waiting.map(\.object) == ["cs_1"])
            try receive("evt_early", db) { false }
            #expect(try db.unprocessedStripeEvents(limit: 9).isEmpty)
            try receive("evt_early", db) { true }
            #expect(try db.isProcessed("evt_early", from: .stripe))
            try db.execute(
                "UPDATE vendor_events SET received_at = UTC_TIMESTAMP(6) - INTERVAL 1 DAY")
            #expect(try db.unprocessedStripeEvents(limit: 9).isEmpty)
        }
    }

    @Test func `an event that waits for a quarter of an hour is reported`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try receive("evt_stuck", db) { false }
            #expect(try !db.hasStuckEvents())
            try db.execute(
                "UPDATE vendor_events SET received_at = UTC_TIMESTAMP(6) - INTERVAL 16 MINUTE")
            #expect(try db.hasStuckEvents())
            try receive("evt_stuck", db) { true }
            #expect(try !db.hasStuckEvents())
            // One that is tried no more would be reported for ever.
            try receive("evt_given_up", db) { false }
            try db.execute(
                """
                UPDATE vendor_events
                SET received_at = UTC_TIMESTAMP(6) - INTERVAL 16 DAY, tries = 19
                WHERE event_id = 'evt_given_up'
                """)
            #expect(try !db.hasStuckEvents())
        }
    }
}
