import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

private func actor(_ key: String? = nil) throws -> Operator {
    try Operator(userID: nil, systemUser: "ann", reason: "for a test", key: key)
}

@Suite struct `A2 one look at a time, with an age` {
    private func verdict(_ db: Connection, _ violations: [Violation] = []) throws -> AuditVerdict {
        AuditVerdict(lookedAt: try db.databaseTime(), violations: violations)
    }

    @Test func `of eight processes one has the turn, and the next when it is due`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let turns = try inParallel(8) { _ in
                try Connection(configuration).take("audit", lasting: .seconds(30))
            }.compactMap { $0 }
            #expect(turns.count == 1)
            try db.record(verdict(db), of: turns[0], nextAfter: .seconds(300))
            #expect(try db.take("audit", lasting: .seconds(30)) == nil)
            try db.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
            #expect(try db.take("audit", lasting: .seconds(30)) != nil)
        }
    }

    @Test func `a turn that nobody renews is another's, and the first one's verdict is not taken`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let first = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            try db.renew(first, lasting: .seconds(30))
            #expect(try db.take("audit", lasting: .seconds(30)) == nil)
            try db.execute("UPDATE schedules SET lease_until = UTC_TIMESTAMP(6)")
            let second = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            let old = Violation(
                rule: "D9", scope: .whole, subject: "x", accountID: nil, description: "old")
            #expect(throws: LeaseLost.self) { try db.renew(first, lasting: .seconds(30)) }
            #expect(throws: LeaseLost.self) {
                try db.record(verdict(db, [old]), of: first, nextAfter: .zero)
            }
            #expect(throws: LeaseLost.self) { try db.fail(first, problem: "x", nextAfter: .zero) }
            #expect(try db.openFindings().isEmpty)
            try db.record(verdict(db), of: second, nextAfter: .zero)
        }
    }

    @Test func `a look that failed, and one that is overdue, are told until one has ended`() throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            func told() throws -> [String] {
                try db.attention().filter { $0.subject == "audit" }.map(\.detail)
            }
            #expect(try db.auditStanding().isSound)
            #expect(try told() == [])
            // The first look has begun, and does not end.
            var turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            try db.execute(
                "UPDATE schedules SET begun_at = UTC_TIMESTAMP(6) - INTERVAL 16 MINUTE")
            #expect(try db.auditStanding().isOverdue)
            #expect(try told() == ["the books were last looked at as of never"])
            try db.record(verdict(db), of: turn, nextAfter: .zero)
            #expect(try db.auditStanding().isSound)
            #expect(try told() == [])

            turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            try db.fail(turn, problem: "no answer", nextAfter: .zero)
            #expect(try !db.auditStanding().isSound)
            #expect(try told() == ["the books could not be looked at: no answer"])
            // One that is broken off is no verdict either.
            turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            try db.fail(turn, problem: nil, nextAfter: .zero)
            #expect(try !db.auditStanding().isSound)
            turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
            try db.record(verdict(db), of: turn, nextAfter: .zero)
            #expect(try db.auditStanding().isSound)

            // What counts is the instant that was seen, not when it was written down.
            try db.execute("UPDATE schedules SET done_at = UTC_TIMESTAMP(6) - INTERVAL 901 SECOND")
            #expect(try db.auditStanding().isOverdue)
            #expect(try told().count == 1)
            try db.execute("UPDATE schedules SET done_at = UTC_TIMESTAMP(6) - INTERVAL 880 SECOND")
            #expect(try db.auditStanding().isSound)
        }
    }
}

@Suite struct `A3 findings stop what they concern` {
    /// What a look of its own would write down.
    private func look(_ db: Connection) throws {
        try db.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
        let turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
        try db.record(
            AuditVerdict(lookedAt: db.databaseTime(), violations: db.audit()), of: turn,
            nextAfter: .seconds(300))
    }

    private func damage(_ db: Connection, _ account: AccountID, by micros: Int = 1) throws {
        try db.execute(
            """
            UPDATE wallets SET available_micros = available_micros + \(micros)
            WHERE account_id = \(account)
            """)
    }

    @Test func `one wallet wrong by a micro-dollar stops its account alone, until it is put right`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            let other = try db.insertAccount(credit: .dollars(5))
            let paid = try db.buy("starter", for: account)
            try damage(db, account)
            try look(db)
            #expect(throws: AccountHeld.self) { try db.insertJob(of: account) }
            #expect(throws: Conflict.self) {
                try db.beginRefund(.new(), of: paid.id, amount: nil, by: actor())
            }
            let package = try db.catalog(version: 1).package("pro").orThrow("pro")
            func order(by account: AccountID) throws {
                _ = try db.claim(
                    nil, for: .new(), of: package, catalogVersion: 1, account: account,
                    by: db.owner(of: account),
                    isLive: false,
                    limit: CallLimit(calls: 10, window: .seconds(900)))
            }
            #expect(throws: AccountHeld.self) { try order(by: account) }
            try order(by: other)
            _ = try db.insertJob(of: other)
            let found = try db.openFindings().map(\.violation)
            #expect(found.map(\.subject).sorted() == ["lines of \(account)", "wallet \(account)"])
            #expect(found.allSatisfy { $0.accountID == account })

            // Another look finds the same, not more.
            try look(db)
            #expect(try db.openFindings().count == 2)
            try damage(db, account, by: -1)
            #expect(throws: AccountHeld.self) { try db.insertJob(of: account) }
            try look(db)
            #expect(try db.openFindings().isEmpty)
            _ = try db.insertJob(of: account)
            _ = try db.beginRefund(.new(), of: paid.id, amount: nil, by: actor())
        }
    }

    @Test func `a person may close a finding, which stays closed while it stays as it is`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            try damage(db, account)
            try look(db)
            for (number, finding) in try db.openFindings().enumerated() {
                for _ in 1...2 { try db.close(finding.id, by: actor("close-\(number)")) }
                #expect(throws: Conflict.self) { try db.close(finding.id, by: actor()) }
            }
            #expect(throws: NotFound.self) { try db.close(FindingID.new(), by: actor()) }
            _ = try db.insertJob(of: account)
            #expect(
                try db.auditLog(
                    before: nil, matching: AuditFilter(action: "finding.close"), limit: 9
                ).count == 2)
            // A hold moves both of its numbers, so its text is another.
            try look(db)
            #expect(try db.openFindings().count == 2)
            for finding in try db.openFindings() { try db.close(finding.id, by: actor()) }
            try look(db)
            #expect(try db.openFindings().isEmpty)
            try damage(db, account)
            try look(db)
            #expect(throws: AccountHeld.self) { try db.insertJob(of: account) }
        }
    }

    @Test func `what a node that does not answer had is not gone`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let violation = Violation(
                rule: "L4", scope: .account, subject: "at here: wallet \(account)",
                accountID: account,
                description: "x")
            func record(_ found: [Violation], unread: [(node: String, problem: String)] = [])
                throws
            {
                try db.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
                let turn = try db.take("audit", lasting: .seconds(30)).orThrow("the turn")
                try db.record(
                    AuditVerdict(
                        lookedAt: db.databaseTime(), violations: found, unreadNodes: unread),
                    of: turn, nextAfter: .zero)
            }
            try record([violation])
            try record([], unread: [("here", "no answer")])
            #expect(try db.openFindings().count == 1)
            try record([], unread: [("there", "no answer")])
            #expect(try db.openFindings().isEmpty)
        }
    }
}
