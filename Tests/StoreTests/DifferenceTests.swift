import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import Store
import Testing

@Suite struct `R1 differences stay until they are gone or closed` {
    private func fresh(_ body: (Connection) throws -> Void) throws {
        try withFreshDatabase { configuration in try body(Connection(configuration)) }
    }

    private func actor(_ key: String? = nil) throws -> Operator {
        try Operator(userID: nil, systemUser: "ann", reason: "credited by hand", key: key)
    }

    private let payment = Difference(
        .payment, subject: "cs_1", amount: Money(cents: 999), "not credited")

    private func details(_ db: Connection) throws -> [String] {
        try db.openDifferences().map(\.difference.detail)
    }

    @Test func `what is found again is the same, with its words and amount of today`() throws {
        try fresh { db in
            try db.record([payment], examined: [.payment: ["cs_1"]])
            let first = try db.openDifferences()
            let later = Difference(.payment, subject: "cs_1", amount: .dollars(5), "half credited")
            try db.record([later, later], examined: [.payment: ["cs_1"]])
            let open = try db.openDifferences()
            #expect(open.map(\.id) == first.map(\.id))
            #expect(open.map(\.foundAt) == first.map(\.foundAt))
            #expect(open.map(\.difference) == [later])
        }
    }

    @Test func `what was looked at and is not found is gone, what was not looked at stays`() throws
    {
        try fresh { db in
            let refund = Difference(.refund, subject: "cs_1", "another kind")
            try db.record([payment, refund], examined: [:])
            try db.record([], examined: [:])
            try db.record([], examined: [.payment: ["cs_2"], .dispute: ["cs_1"]])
            #expect(try details(db) == ["not credited", "another kind"])
            try db.record([], examined: [.payment: ["cs_1"]])
            #expect(try details(db) == ["another kind"])
            // Found anew, it is a new one.
            try db.record([payment], examined: [.payment: ["cs_1"]])
            #expect(try db.count("SELECT COUNT(*) FROM differences") == 3)
        }
    }

    @Test func `what a person closed stays closed while it is as it was`() throws {
        try fresh { db in
            try db.record([payment], examined: [.payment: ["cs_1"]])
            let id = try db.openDifferences()[0].id
            try db.close(id, by: actor())
            #expect(try db.openDifferences().isEmpty)
            #expect(try db.attention().isEmpty)
            let line = try db.auditLog(before: nil, limit: 1)[0]
            #expect(line.action == "difference.close")
            #expect(line.subject == "\(id)")
            #expect(line.detail == "payment cs_1")
            #expect(line.reason == "credited by hand")
            #expect(line.systemUser == "ann")
            try db.record([payment], examined: [.payment: ["cs_1"]])
            #expect(try db.openDifferences().isEmpty)
            try db.record(
                [Difference(.payment, subject: "cs_1", amount: .dollars(1), "not credited")],
                examined: [.payment: ["cs_1"]])
            #expect(try details(db) == ["not credited"])
        }
    }

    @Test func `it is closed once, and the same key again is the same closing`() throws {
        try fresh { db in
            try db.record([payment], examined: [:])
            let id = try db.openDifferences()[0].id
            for _ in 1...2 { try db.close(id, by: actor("k1")) }
            #expect(throws: Conflict.self) { try db.close(id, by: actor("k2")) }
            #expect(throws: Conflict.self) { try db.close(id, by: actor()) }
            #expect(throws: NotFound()) { try db.close(DifferenceID.new(), by: actor()) }
            #expect(try db.count("SELECT COUNT(*) FROM audit_log") == 1)
            try db.record([Difference(.refund, subject: "x", "gone soon")], examined: [:])
            let other = try db.openDifferences()[0].id
            #expect(throws: IdempotencyConflict.self) { try db.close(other, by: actor("k1")) }
            try db.record([], examined: [.refund: ["x"]])
            #expect(throws: Conflict.self) { try db.close(other, by: actor()) }
        }
    }

    @Test func `eight comparisons at once write a difference down once`() throws {
        try withFreshDatabase { configuration in
            _ = try inParallel(8) { _ in
                try Connection(configuration).record([payment], examined: [.payment: ["cs_1"]])
            }
            #expect(try Connection(configuration).openDifferences().count == 1)
        }
    }

    @Test func `a late success after a refund is one from the moment that it is seen`() throws {
        try fresh { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .refunded)
            _ = try db.hint(token: db.job(job).callbackToken, task: "task-late")
            let late = try db.claimLateLook(lasting: .seconds(60)).orThrow("a late callback")
            try db.recordLoss(of: late, isLost: true)
            let item = try db.attention().first { $0.kind == .vendorLoss }
            #expect(item?.subject == "\(job)")
            #expect(item?.differenceID != nil)
            #expect(try db.openDifferences().map(\.difference.jobID) == [job])
        }
    }

    @Test func `texts of any length and shape are kept, cut to their columns`() throws {
        try fresh { db in
            let marks = "a" + String(repeating: "\u{301}", count: 2000)
            try db.record(
                [Difference(.dispute, subject: marks, amount: nil, marks)],
                examined: [.dispute: []])
            try db.note(.stripe, problem: marks)
            #expect(try db.openDifferences().count == 1)
            #expect(try db.unreadParts().count == 1)
        }
    }
}

@Suite struct `R3 a part that could not be read is unknown` {
    @Test func `since it was last read, and no longer once it is read again`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            #expect(try db.unreadParts().isEmpty)
            try db.note(.stripe, problem: "no answer")
            let never = try db.unreadParts()
            #expect(never.map(\.part) == [.stripe])
            #expect(never.map(\.since) == [nil])
            #expect(never.map(\.problem) == ["no answer"])
            try db.note(.stripe, problem: nil)
            #expect(try db.unreadParts().isEmpty)
            let read = try db.databaseTime()
            try db.note(.stripe, problem: "503")
            let unread = try db.unreadParts()
            #expect(unread.map(\.problem) == ["503"])
            let since = try #require(unread[0].since)
            #expect(since <= read)
            #expect(try db.attention().map(\.kind) == [.unknown])
        }
    }
}

@Suite struct `What the operator is told by mail` {
    private func claim(_ db: Connection) throws -> [String]? {
        try db.claimOperatorNotice(lasting: .seconds(60))?.map(\.subject)
    }

    private func passHour(_ db: Connection) throws {
        try db.execute("UPDATE operator_notices SET told_at = told_at - INTERVAL 61 MINUTE")
    }

    @Test func `what is new is told, all of it, at most once an hour`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            #expect(try claim(db) == nil)
            try db.setHealth("stripe", isHealthy: false, detail: "no answer")
            #expect(try claim(db) == ["stripe"])
            // Another sender, while this one sends.
            #expect(try claim(db) == nil)
            try db.noteTold(db.attention())
            #expect(try claim(db) == nil)
            try db.setHealth("clock", isHealthy: false, detail: "9 s ahead")
            #expect(try claim(db) == nil)
            try passHour(db)
            #expect(try claim(db)?.sorted() == ["clock", "stripe"])
            try db.noteTold(db.attention())
            try passHour(db)
            // Nothing new, whatever its words are now.
            try db.setHealth("stripe", isHealthy: false, detail: "another answer")
            #expect(try claim(db) == nil)
            // What ended and began again is new.
            try db.setHealth("stripe", isHealthy: true, detail: "answers")
            #expect(try claim(db) == nil)
            try db.setHealth("stripe", isHealthy: false, detail: "no answer")
            #expect(try claim(db) != nil)
        }
    }

    @Test func `a sender that died is followed by another`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setHealth("stripe", isHealthy: false, detail: "no answer")
            #expect(try claim(db) == ["stripe"])
            try db.execute("UPDATE operator_notices SET lease_until = UTC_TIMESTAMP(6)")
            #expect(try claim(db) == ["stripe"])
        }
    }
}
