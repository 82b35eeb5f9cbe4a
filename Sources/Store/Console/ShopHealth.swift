package import Domain
package import FoundationEssentials
package import MariaDB
import Texts

/// A step that is not taken now: the vendor, or our disk, failed too often.
package struct ClosedGate: Sendable {
    package let name: String
    package let pausedUntil: Date
    package let reason: String?
}

/// Something that one worker does for all from time to time.
package struct ScheduleStanding: Sendable {
    package let name: String
    package let dueAt: Date
    /// What the last one that ended has seen.
    package let doneAt: Date?
    /// Why the last one did not end.
    package let problem: String?
}

/// A mail that an operator sent to see whether it arrives.
package struct TestMail: Sendable {
    package let id: OutboxID
    package let createdAt: Date
    /// When the mail server took it.
    package let sentAt: Date?
    /// When it was given up.
    package let failedAt: Date?
    /// What the mail server said last, where it did not take it.
    package let problem: String?
}

/// What the database is.
package struct DatabaseVersion: Sendable {
    package let server: String
    /// The name of the last migration.
    package let schema: String
}

/// What asks the vendors how they are, and writes it down under the same name.
private let vendorChecks = ["pollo_api", "stripe"]

extension Connection {
    package func closedGates() throws -> [ClosedGate] {
        try query(
            """
            SELECT name, paused_until, reason
            FROM vendor_gates
            WHERE paused_until > UTC_TIMESTAMP(6)
            ORDER BY name
            """
        ) { row in
            try ClosedGate(
                name: row("name"), pausedUntil: row("paused_until"), reason: row("reason"))
        }
    }

    package func schedules() throws -> [ScheduleStanding] {
        try query("SELECT name, due_at, done_at, problem FROM schedules ORDER BY name") { row in
            try ScheduleStanding(
                name: row("name"), dueAt: row("due_at"), doneAt: row("done_at"),
                problem: row("problem"))
        }
    }

    package func databaseVersion() throws -> DatabaseVersion {
        let found = try first(
            """
            SELECT VERSION() AS server, COALESCE((
                SELECT name
                FROM schema_migrations
                WHERE applied_at IS NOT NULL
                ORDER BY version DESC
                LIMIT 1), '') AS last_name
            """
        ) { row in try DatabaseVersion(server: row("server"), schema: row("last_name")) }
        return found ?? DatabaseVersion(server: "", schema: "")
    }

    /// Has the vendors asked how they are as soon as a worker can, each at most every ten seconds.
    /// Returns since when a check counts as the answer.
    package func hurryVendorChecks() throws -> Date {
        let since = try databaseTime() - 10
        for name in vendorChecks {
            try execute(
                """
                UPDATE schedules
                SET due_at = LEAST(due_at, UTC_TIMESTAMP(6))
                WHERE name = \(name) AND COALESCE(done_at < \(since), TRUE)
                """)
        }
        return since
    }

    /// Writes a mail to the user's proved address that tells nothing. Throws ``Conflict`` when none
    /// would be sent.
    package func sendTestMail(to user: UserID) throws -> TestMail {
        let name = "mail:test:\(OutboxID.new())"
        try tell(.test, to: user, opKey: name)
        guard let mail = try testMails("op_key = \(name)").first else {
            throw Conflict(.testMailNotSent)
        }
        return mail
    }

    /// The last five that the user sent, the newest first.
    package func testMails(of user: UserID) throws -> [TestMail] {
        try testMails("user_id = \(user) AND channel = 'mail' AND topic = 'test'")
    }

    private func testMails(_ condition: SQL) throws -> [TestMail] {
        try query(
            """
            SELECT id, created_at, sent_at, failed_at, problem
            FROM outbox
            WHERE \(sql: condition)
            ORDER BY id DESC
            LIMIT 5
            """
        ) { row in
            try TestMail(
                id: row("id"), createdAt: row("created_at"), sentAt: row("sent_at"),
                failedAt: row("failed_at"), problem: row("problem"))
        }
    }
}
