package import Domain
package import FoundationEssentials
package import MariaDB
package import Texts

package enum OutboxLeaseKind {}

/// A message that this sender may send until its lease runs out; then another may send it too,
/// which is why the receiver may get it twice.
package struct OutboxClaim: Sendable {
    package let id: OutboxID
    package let createdAt: Date
    /// This try included, from 1.
    package let attempt: Int
    /// Tries in a row that failed before this one.
    package let failures: Int
    fileprivate let lease: ID<OutboxLeaseKind>
}

package struct ClaimedMail: Sendable {
    package let claim: OutboxClaim
    package let userID: UserID
    package let notice: Notice
    package let recipient: String
    /// What the recipient calls themselves; nil unless the mail goes to an address that is proved to
    /// be theirs, so that nobody's words reach a stranger.
    package let recipientName: String?
    package let language: Language
}

package struct ClaimedWebhook: Sendable {
    package let claim: OutboxClaim
    package let accountID: AccountID
    /// `video.completed`, or `test`.
    package let type: String
    package let subject: WebhookSubject
    package let url: String
    /// Nil for an address that an order names itself.
    package let endpoint: WebhookEndpointID?
    /// What signs it; nil when the account has none yet for the addresses of orders.
    package let secret: [UInt8]?
}

extension Connection {
    /// Claims the mail that is due for longest. Nil when there is none.
    package func claimMail(lasting: Duration) throws -> ClaimedMail? {
        try claimMessage("channel = 'mail'", lasting: lasting) { claim in
            try first(
                """
                SELECT users.id AS user_id, topic, payload, users.email, mail_tokens.email AS link_email,
                    IF(email_verified_at IS NULL, NULL, users.name) AS name, language
                FROM outbox
                JOIN users ON users.id = outbox.user_id
                LEFT JOIN mail_tokens ON mail_tokens.id = JSON_VALUE(payload, '$.token')
                WHERE outbox.id = \(claim.id)
                """
            ) { row in
                let notice = try Notice(row("topic"), json: row("payload"))
                let linkEmail: String? = try row("link_email")
                let isOwn = notice.recipient == nil && linkEmail == nil
                return try ClaimedMail(
                    claim: claim, userID: row("user_id"), notice: notice,
                    recipient: notice.recipient ?? linkEmail ?? row("email"),
                    recipientName: isOwn ? row("name") : nil,
                    language: Language(stored: row("language")))
            }
        }
    }

    /// Claims the webhook of the lane that is due for longest, of an account of which the lane
    /// sends none: a server that answers slowly, or never, keeps one sender of the slow lane busy and not
    /// all of them. What an endpoint whose circuit is open is to be told waits, unless somebody
    /// asked for it by hand.
    ///
    /// - Parameter lane: nil for both.
    package func claimWebhook(
        _ lane: WebhookLane? = nil, lasting: Duration
    ) throws -> ClaimedWebhook? {
        let isOfLane = lane?.condition("outbox") ?? "TRUE"
        let isBusyInLane = lane?.condition("busy") ?? "TRUE"
        return try claimMessage(
            """
            channel = 'webhook' AND NOT EXISTS (
                SELECT 1
                FROM outbox AS busy
                WHERE busy.account_id = outbox.account_id AND busy.lease_until > UTC_TIMESTAMP(6)
                    AND busy.channel = 'webhook' AND \(sql: isBusyInLane))
            AND (topic = 'test' OR resent_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
                OR NOT EXISTS (
                    SELECT 1
                    FROM webhook_endpoints
                    WHERE webhook_endpoints.id = outbox.endpoint_id
                        AND open_until > UTC_TIMESTAMP(6)))
            AND \(sql: isOfLane)
            """, lasting: lasting
        ) { claim in
            try first(
                """
                SELECT outbox.account_id, topic, payload, outbox.url, endpoint_id,
                    IF(endpoint_id IS NULL, webhook_secret, secret) AS secret
                FROM outbox
                JOIN accounts ON accounts.id = outbox.account_id
                LEFT JOIN webhook_endpoints ON webhook_endpoints.id = endpoint_id
                WHERE outbox.id = \(claim.id)
                """
            ) { row in
                try ClaimedWebhook(
                    claim: claim, accountID: row("account_id"), type: row("topic"),
                    subject: WebhookSubject(json: row("payload")), url: row("url"),
                    endpoint: row("endpoint_id"), secret: row("secret"))
            }
        }
    }

    private func claimMessage<Message>(
        _ condition: SQL, lasting: Duration, _ read: (OutboxClaim) throws -> Message?
    ) throws -> Message? {
        let lease = ID<OutboxLeaseKind>.new()
        var runs = 0
        return try transaction {
            runs += 1
            // A COMMIT that was lost may have been done: then this lease holds a message already.
            if runs > 1, let own = try claimedMessage(lease) { return try read(own) }
            let next = try first(
                """
                SELECT id, created_at, attempts, failures
                FROM outbox
                WHERE next_attempt_at <= UTC_TIMESTAMP(6)
                    AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
                    AND \(sql: condition)
                ORDER BY next_attempt_at
                LIMIT 1
                FOR UPDATE SKIP LOCKED
                """
            ) { row in
                try OutboxClaim(
                    id: row("id"), createdAt: row("created_at"),
                    attempt: row("attempts") + 1, failures: row("failures"), lease: lease)
            }
            guard let next else { return nil }
            let changed = try execute(
                """
                UPDATE outbox
                SET lease_token = \(lease), attempts = attempts + 1,
                    lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                WHERE id = \(next.id)
                """)
            guard changed == 1 else { return nil }
            return try read(next)
        }
    }

    private func claimedMessage(_ lease: ID<OutboxLeaseKind>) throws -> OutboxClaim? {
        try first(
            """
            SELECT id, created_at, attempts, failures
            FROM outbox
            WHERE lease_token = \(lease) AND lease_until > UTC_TIMESTAMP(6)
            """
        ) { row in
            try OutboxClaim(
                id: row("id"), createdAt: row("created_at"),
                attempt: row("attempts"), failures: row("failures"), lease: lease)
        }
    }

    /// The message arrived. Throws ``LeaseLost`` when another has it meanwhile.
    package func noteSent(_ claim: OutboxClaim) throws {
        try end(claim, "next_attempt_at = NULL, sent_at = UTC_TIMESTAMP(6), problem = NULL")
    }

    /// The message did not arrive, as far as we know: it is sent again after `delay`, or given up
    /// when there is none. Throws ``LeaseLost`` when another has it meanwhile.
    package func noteFailed(
        _ claim: OutboxClaim, problem: String, retryAfter delay: Duration?
    ) throws {
        let problem = problem.cut(to: 500)
        if let delay {
            try end(
                claim,
                """
                failures = failures + 1, problem = \(problem),
                next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND
                """)
        } else {
            try end(
                claim,
                """
                failures = failures + 1, problem = \(problem), next_attempt_at = NULL,
                failed_at = UTC_TIMESTAMP(6)
                """)
        }
    }

    private func end(_ claim: OutboxClaim, _ assignments: SQL) throws {
        let changed = try execute(
            """
            UPDATE outbox
            SET lease_token = NULL, lease_until = NULL, \(sql: assignments)
            WHERE id = \(claim.id) AND lease_token = \(claim.lease)
            """)
        guard changed == 1 else { throw LeaseLost() }
    }

    /// Ends the try of a webhook, writes it into the log of deliveries and notes how its endpoint
    /// does, in one transaction.
    ///
    /// - Parameter wasSent: false when it was given up without asking the endpoint.
    package func noteEnd(
        _ webhook: ClaimedWebhook, statusCode: Int?, problem: String?, took: Duration,
        retryAfter delay: Duration?, wasSent: Bool = true
    ) throws {
        let claim = webhook.claim
        try transaction {
            if let problem {
                try noteFailed(claim, problem: problem, retryAfter: delay)
            } else {
                try noteSent(claim)
            }
            try execute(
                """
                INSERT INTO webhook_attempts
                    (outbox_id, attempt, status_code, problem, milliseconds, created_at)
                VALUES (\(claim.id), \(claim.attempt), \(statusCode),
                    \(problem?.cut(to: 500)), \(took.microseconds / 1000),
                    UTC_TIMESTAMP(6))
                """)
            guard wasSent, let endpoint = webhook.endpoint else { return }
            try note(
                endpoint: endpoint, of: webhook.accountID, failed: problem != nil,
                isTest: webhook.subject == .test, took: took)
        }
    }

    /// What signs the webhooks that the account's orders name themselves: `fresh`, unless there is
    /// one already.
    package func keepWebhookSecret(of account: AccountID, orElse fresh: [UInt8]) throws -> [UInt8] {
        try execute(
            """
            UPDATE accounts SET webhook_secret = \(fresh)
            WHERE id = \(account) AND webhook_secret IS NULL
            """)
        let secret = try first("SELECT webhook_secret FROM accounts WHERE id = \(account)") { row in
            try row("webhook_secret") as [UInt8]
        }
        guard let secret else { throw NotFound() }
        return secret
    }

    /// Takes away what is older than thirty days, with its log, 1,000 at most. Returns how many.
    @discardableResult
    package func purgeOutbox() throws -> Int {
        try execute(
            """
            DELETE FROM outbox WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000
            """)
    }
}
