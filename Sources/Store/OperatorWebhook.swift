import Domain
package import FoundationEssentials
package import MariaDB

/// A try of the webhook by which the operator is told, and what came of it.
package struct WebhookTest: Sendable {
    package let askedAt: Date
    /// Nil until a worker has sent it, or could not.
    package let doneAt: Date?
    /// Of the answer, where there was one.
    package let status: Int?
    /// Until the answer, or the failure.
    package let milliseconds: Int?
    /// Nil when it was taken.
    package let problem: String?
}

extension Connection {
    /// Has the next worker send something by the operator's webhook.
    package func askForWebhookTest() throws -> WebhookTest {
        try transaction {
            try insertNotices()
            try execute(
                """
                UPDATE operator_notices
                SET test_asked_at = UTC_TIMESTAMP(6), test_done_at = NULL, test_status = NULL,
                    test_milliseconds = NULL, test_problem = NULL
                """)
            guard let test = try webhookTest() else { throw LostWebhookTest() }
            return test
        }
    }

    /// The last one.
    package func webhookTest() throws -> WebhookTest? {
        try first(
            """
            SELECT test_asked_at, test_done_at, test_status, test_milliseconds, test_problem
            FROM operator_notices
            WHERE test_asked_at IS NOT NULL
            """
        ) { row in
            try WebhookTest(
                askedAt: row("test_asked_at"), doneAt: row("test_done_at"),
                status: row("test_status"), milliseconds: row("test_milliseconds"),
                problem: row("test_problem"))
        }
    }

    /// Whether this worker is to send one. One that is lost with its worker is sent by nobody: who
    /// asked sees that, and asks again.
    package func claimWebhookTest() throws -> Bool {
        let isAsked = try first(
            """
            SELECT COALESCE(test_asked_at > COALESCE(test_taken_at, '1970-01-01'), FALSE)
                AS is_asked
            FROM operator_notices
            """
        ) { row in try row("is_asked") as Bool }
        guard isAsked == true else { return false }
        return try execute(
            """
            UPDATE operator_notices
            SET test_taken_at = UTC_TIMESTAMP(6)
            WHERE test_asked_at > COALESCE(test_taken_at, '1970-01-01')
            """) > 0
    }

    /// Says what came of the one that was claimed.
    package func noteWebhookTest(status: Int?, milliseconds: Int, problem: String?) throws {
        try execute(
            """
            UPDATE operator_notices
            SET test_done_at = UTC_TIMESTAMP(6), test_status = \(status),
                test_milliseconds = \(milliseconds), test_problem = \(problem?.cut(to: 500))
            """)
    }
}

/// The row that was just written is not there.
private struct LostWebhookTest: Error {}
