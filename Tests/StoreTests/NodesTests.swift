import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

/// Another database stands in for another node; those of a real cluster are compared by
/// `Tests/Faults`.
@Suite struct `A1 and D9 nodes agree` {
    private static let day = "2026-01-02"

    /// Books of a past day, and a node that has their ledger and nothing else.
    private func withCopy(_ body: (_ here: Connection, _ there: Connection) throws -> Void) throws {
        try withFreshDatabase { configuration in
            try withFreshDatabase { other in
                let here = Connection(configuration)
                let there = Connection(other)
                let account = try here.insertAccount(credit: .dollars(5))
                _ = try here.insertJob(of: account)
                try here.advanceJob(to: .delivered)
                try here.execute("UPDATE ledger_entries SET created_at = '2026-01-02 03:04:05'")
                try there.execute("SET SESSION foreign_key_checks = 0")
                _ = try here.query(
                    """
                    SELECT CAST(id AS CHAR) AS id, op_key, leg, kind, debit_account,
                        credit_account, amount_micros, CAST(account_id AS CHAR) AS account_id,
                        CAST(lot_id AS CHAR) AS lot_id, CAST(job_id AS CHAR) AS job_id,
                        CAST(purchase_id AS CHAR) AS purchase_id
                    FROM ledger_entries
                    """
                ) { row in try insert(row, into: there) }
                try body(here, there)
            }
        }
    }

    private func insert(_ row: Row, into node: Connection) throws {
        let lot: String? = try row("lot_id")
        let job: String? = try row("job_id")
        let purchase: String? = try row("purchase_id")
        try node.execute(
            """
            INSERT INTO ledger_entries (id, op_key, leg, kind, debit_account, credit_account,
                amount_micros, account_id, lot_id, job_id, purchase_id, created_at)
            VALUES (\(row("id") as String), \(row("op_key") as String), \(row("leg") as Int),
                \(row("kind") as String), \(row("debit_account") as String),
                \(row("credit_account") as String), \(row("amount_micros") as Int),
                \(row("account_id") as String), \(lot), \(job), \(purchase),
                '2026-01-02 03:04:05')
            """)
    }

    private func differences(_ here: Connection, _ there: Connection) throws -> [Violation] {
        try here.compare(with: there).filter { $0.rule == "D9" }
    }

    @Test func `a node with the same books has nothing to say`() throws {
        try withCopy { here, there in
            let found = try here.compare(with: here) + differences(here, there)
            #expect(found.isEmpty)
        }
    }

    @Test func `what was added in the last minute is not compared yet`() throws {
        try withCopy { here, there in
            try there.execute("DELETE FROM ledger_entries WHERE kind = 'settle'")
            for age in [50, 70] {
                try here.execute(
                    """
                    UPDATE ledger_entries
                    SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(age) SECOND
                    WHERE kind = 'settle'
                    """)
                let found = try differences(here, there)
                #expect(found.count == (age < 60 ? 0 : 1), "\(age) s")
            }
        }
    }

    @Test(
        arguments: [
            "DELETE FROM ledger_entries WHERE kind = 'settle'",
            "UPDATE ledger_entries SET amount_micros = amount_micros + 1 WHERE kind = 'hold'",
            "UPDATE ledger_entries SET op_key = CONCAT(op_key, 'x') WHERE kind = 'hold'",
            "UPDATE ledger_entries SET debit_account = 'frozen' WHERE kind = 'settle'",
            "UPDATE ledger_entries SET lot_id = UUID() WHERE kind = 'hold'",
            "DELETE FROM ledger_entries",
        ] as [SQL])
    func `a ledger that differs is named with its day, whoever looks`(_ damage: SQL) throws {
        try withCopy { here, there in
            try there.execute(damage)
            for (one, other) in [(here, there), (there, here)] {
                let found = try differences(one, other)
                #expect(found.count == 1)
                #expect(found.first?.description.contains(Self.day) == true, "\(found)")
            }
        }
    }

    @Test func `a look compares what was added since the last, and the days known to differ`()
        throws
    {
        try withCopy { here, there in
            let known = try differences(here, there)
            #expect(known == [])
            try there.execute("DELETE FROM ledger_entries WHERE kind = 'settle'")
            func found(since: Date, known: [Violation] = []) throws -> [String] {
                try here.compare(with: there, since: since, known: known)
                    .filter { $0.rule == "D9" }.map(\.subject)
            }
            let now = try here.databaseTime()
            let subject = "at \(there.configuration): \(Self.day)"
            #expect(try found(since: now) == [subject])
            #expect(try found(since: now + 3600) == [])
            // Its entries are younger than they say: ids tell their time.
            try here.execute(
                "UPDATE ledger_entries SET created_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE")
            try there.execute(
                "UPDATE ledger_entries SET created_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE")
            let whole = try differences(here, there)
            #expect(whole.count == 1)
            #expect(try found(since: now + 3600, known: whole) == whole.map(\.subject))
        }
    }

    @Test func `the daily walk compares chains with those of the nodes`() throws {
        try withCopy { here, there in
            try here.sealChains(from: nil, before: Date() + 60, until: .now + .seconds(60))
            let account = try here.first("SELECT account_id FROM ledger_heads") { row in
                try row("account_id") as AccountID
            }.orThrow("an account")
            func walk() throws -> [Violation] {
                try here.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
                try here.walkChains(until: .now + .seconds(60), nodes: [there])
                return try here.openFindings().map(\.violation)
            }
            let subject = "at \(there.configuration): chain of \(account)"
            #expect(try walk().map(\.subject).contains(subject))
            try copyChain(here, there, account)
            #expect(try !walk().map(\.subject).contains(subject))
            // An entry that only the other node has otherwise.
            try there.execute("UPDATE ledger_entries SET op_key = 'x' WHERE kind = 'settle'")
            let found = try walk().first { $0.subject == subject }
            #expect(found?.description.contains("an entry was changed") == true)
            #expect(try walk().allSatisfy { $0.subject.hasPrefix("at ") })
        }
    }

    /// What the cluster does with a checkpoint.
    private func copyChain(_ here: Connection, _ there: Connection, _ account: AccountID) throws {
        try there.execute("SET SESSION foreign_key_checks = 0")
        let head = try here.chainHead(of: account).orThrow("a head")
        try there.sealChain(of: account, before: .first(at: Date() + 60))
        #expect(try there.chainHead(of: account)?.number == head.number)
    }

    @Test func `what is wrong at the other node alone is named with the node`() throws {
        try withCopy { here, there in
            let found = try here.compare(with: there)
            #expect(Set(found.map(\.rule)) == ["L3"])
            #expect(found.allSatisfy { "\($0)".contains("\(there.configuration)") })
        }
    }
}
