package import Domain
package import FoundationEssentials
package import MariaDB
import Texts

/// An address of an account's own server. Its secret is never read for showing.
package struct WebhookEndpoint: Sendable {
    package let id: WebhookEndpointID
    package let url: String
    package let events: [WebhookEvent]
    package let createdAt: Date
    /// Since when every call has failed; nil while it answers.
    package let failingSince: Date?
    /// It is called no more, until a test succeeds.
    package let isOff: Bool
}

/// Which of an account's deliveries are meant.
package enum WebhookSource: Equatable, Sendable {
    case endpoint(WebhookEndpointID)
    /// Those that orders have named themselves.
    case orders
}

/// A webhook that was written for an account, with the log of its tries.
package struct WebhookDelivery: Sendable {
    package struct Attempt: Sendable {
        package let number: Int
        /// Nil when no answer came.
        package let statusCode: Int?
        /// Nil when it arrived.
        package let problem: String?
        package let milliseconds: Int
        package let at: Date
    }

    package enum State: String, Sendable {
        case pending, delivered, failed
    }

    package let id: OutboxID
    package let type: String
    package let subject: WebhookSubject
    package let url: String
    package let state: State
    package let createdAt: Date
    package let deliveredAt: Date?
    package let nextAttemptAt: Date?
    package fileprivate(set) var attempts: [Attempt]
}

extension Connection {
    /// Adds an endpoint. Throws ``Conflict`` when the account has as many as there may be.
    package func insertWebhookEndpoint(
        _ id: WebhookEndpointID, _ draft: WebhookEndpointDraft, secret: [UInt8],
        of account: AccountID
    ) throws {
        try transaction {
            // Two at once count one after the other.
            try execute("SELECT id FROM accounts WHERE id = \(account) FOR UPDATE")
            let known = try query("SELECT id FROM webhook_endpoints WHERE account_id = \(account)")
            {
                try $0("id") as WebhookEndpointID
            }
            // A COMMIT whose answer was lost ran again.
            guard !known.contains(id) else { return }
            guard known.count < WebhookEndpointDraft.limit else {
                throw Conflict(.endpointsFull, ["number": .number(known.count)])
            }
            let events = draft.events.map(\.rawValue).joined(separator: ",")
            try execute(
                """
                INSERT INTO webhook_endpoints (id, account_id, url, events, secret, created_at)
                VALUES (\(id), \(account), \(draft.url), \(events), \(secret), UTC_TIMESTAMP(6))
                """)
        }
    }

    package func webhookEndpoints(of account: AccountID) throws -> [WebhookEndpoint] {
        try query(
            """
            SELECT id, url, events, created_at, failing_since, disabled_at IS NOT NULL AS is_off
            FROM webhook_endpoints
            WHERE account_id = \(account)
            ORDER BY id
            """, WebhookEndpoint.init(row:))
    }

    package func webhookEndpoint(
        _ id: WebhookEndpointID, of account: AccountID
    ) throws -> WebhookEndpoint? {
        try first(
            """
            SELECT id, url, events, created_at, failing_since, disabled_at IS NOT NULL AS is_off
            FROM webhook_endpoints
            WHERE id = \(id) AND account_id = \(account)
            """, WebhookEndpoint.init(row:))
    }

    /// Takes an endpoint away, with its deliveries. Throws ``NotFound``.
    package func deleteWebhookEndpoint(_ id: WebhookEndpointID, of account: AccountID) throws {
        let changed = try execute(
            "DELETE FROM webhook_endpoints WHERE id = \(id) AND account_id = \(account)")
        guard changed == 1 else { throw NotFound() }
    }

    /// Replaces what signs the deliveries from now on, those that wait included. Throws
    /// ``NotFound``.
    package func setWebhookSecret(
        _ secret: [UInt8], of source: WebhookSource, account: AccountID
    ) throws {
        let changed =
            switch source {
            case .endpoint(let id):
                try execute(
                    """
                    UPDATE webhook_endpoints
                    SET secret = \(secret)
                    WHERE id = \(id) AND account_id = \(account)
                    """)
            case .orders:
                try execute("UPDATE accounts SET webhook_secret = \(secret) WHERE id = \(account)")
            }
        guard changed == 1 else { throw NotFound() }
    }

    /// Writes a delivery that says nothing, to see whether it arrives: at most ten in a minute.
    /// Throws ``NotFound`` and ``RateLimited``.
    package func testWebhook(
        _ endpoint: WebhookEndpointID, of account: AccountID, id: OutboxID
    ) throws {
        try transaction {
            try execute("SELECT id FROM accounts WHERE id = \(account) FOR UPDATE")
            guard let target = try webhookEndpoint(endpoint, of: account) else { throw NotFound() }
            let sent = try query(
                """
                SELECT id
                FROM outbox
                WHERE account_id = \(account) AND channel = 'webhook' AND topic = 'test'
                    AND created_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
                """
            ) { try $0("id") as OutboxID }
            guard !sent.contains(id) else { return }
            guard sent.count < 10 else {
                throw RateLimited(limit: 10, windowSeconds: 60, retryAfterSeconds: 60)
            }
            try enqueueWebhook(
                "test", .test, to: WebhookTarget(endpoint: target.id, url: target.url), of: account,
                opKey: "webhook:test:\(id)", id: id)
        }
    }

    /// Sends a delivery again, however it ended, at once and by the whole schedule; the receiver
    /// knows it by its id. Throws ``NotFound``, ``Conflict`` while it is being sent, and
    /// ``RateLimited`` within a minute of the last time.
    package func resendWebhook(
        _ id: OutboxID, from source: WebhookSource, of account: AccountID
    ) throws {
        try transaction {
            let delivery = try first(
                """
                SELECT COALESCE(lease_until > UTC_TIMESTAMP(6), FALSE) AS is_leased,
                    COALESCE(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6),
                        resent_at + INTERVAL 60 SECOND), -1) AS seconds_to_wait
                FROM outbox
                WHERE id = \(id) AND \(sql: source.condition(account))
                FOR UPDATE
                """
            ) { row in
                (isLeased: try row("is_leased") as Bool, wait: try row("seconds_to_wait") as Int)
            }
            guard let delivery else { throw NotFound() }
            guard delivery.wait < 0 else {
                throw RateLimited(
                    limit: 1, windowSeconds: 60, retryAfterSeconds: delivery.wait + 1)
            }
            guard !delivery.isLeased else { throw Conflict(.deliveryUnderWay) }
            try execute(
                """
                UPDATE outbox
                SET next_attempt_at = UTC_TIMESTAMP(6), resent_at = UTC_TIMESTAMP(6),
                    sent_at = NULL, failed_at = NULL, problem = NULL, failures = 0,
                    lease_token = NULL, lease_until = NULL
                WHERE id = \(id)
                """)
        }
    }

    package func webhookDelivery(
        _ id: OutboxID, from source: WebhookSource, of account: AccountID
    ) throws -> WebhookDelivery? {
        try withAttempts(
            query(
                """
                SELECT \(sql: WebhookDelivery.columns)
                FROM outbox
                WHERE id = \(id) AND \(sql: source.condition(account))
                """, WebhookDelivery.init(row:))
        ).first
    }

    /// The deliveries of the last thirty days, newest first, those after `cursor` only.
    package func webhookDeliveries(
        from source: WebhookSource, of account: AccountID, before cursor: OutboxID?, limit: Int
    ) throws -> [WebhookDelivery] {
        let after: SQL = cursor.map { "AND id < \($0)" } ?? ""
        return try withAttempts(
            query(
                """
                SELECT \(sql: WebhookDelivery.columns)
                FROM outbox
                WHERE \(sql: source.condition(account)) \(sql: after)
                ORDER BY id DESC
                LIMIT \(limit)
                """, WebhookDelivery.init(row:)))
    }

    private func withAttempts(_ deliveries: [WebhookDelivery]) throws -> [WebhookDelivery] {
        guard let first = deliveries.first else { return [] }
        var list: SQL = "\(first.id)"
        for delivery in deliveries.dropFirst() { list = "\(sql: list), \(delivery.id)" }
        let attempts = try query(
            """
            SELECT outbox_id, attempt, status_code, problem, milliseconds, created_at
            FROM webhook_attempts
            WHERE outbox_id IN (\(sql: list))
            ORDER BY outbox_id, attempt
            """
        ) { row in
            try (
                delivery: row("outbox_id") as OutboxID,
                attempt: WebhookDelivery.Attempt(
                    number: row("attempt"), statusCode: row("status_code"),
                    problem: row("problem"), milliseconds: row("milliseconds"),
                    at: row("created_at"))
            )
        }
        let byDelivery = Dictionary(grouping: attempts, by: \.delivery)
        return deliveries.map { delivery in
            var delivery = delivery
            delivery.attempts = (byDelivery[delivery.id] ?? []).map(\.attempt)
            return delivery
        }
    }
}

extension WebhookSource {
    fileprivate func condition(_ account: AccountID) -> SQL {
        switch self {
        case .endpoint(let id):
            "account_id = \(account) AND channel = 'webhook' AND endpoint_id = \(id)"
        case .orders: "account_id = \(account) AND channel = 'webhook' AND endpoint_id IS NULL"
        }
    }
}

extension WebhookEndpoint {
    fileprivate init(row: Row) throws {
        try self.init(
            id: row("id"), url: row("url"), events: WebhookEvent.words(in: row("events")),
            createdAt: row("created_at"), failingSince: row("failing_since"), isOff: row("is_off"))
    }
}

extension WebhookDelivery {
    fileprivate static let columns: SQL = """
        id, topic, payload, url, created_at, sent_at, failed_at,
        IF(lease_until > UTC_TIMESTAMP(6), NULL, next_attempt_at) AS next_attempt_at
        """

    fileprivate init(row: Row) throws {
        let sentAt: Date? = try row("sent_at")
        let failedAt: Date? = try row("failed_at")
        try self.init(
            id: row("id"), type: row("topic"), subject: WebhookSubject(json: row("payload")),
            url: row("url"),
            state: sentAt != nil ? .delivered : failedAt != nil ? .failed : .pending,
            createdAt: row("created_at"), deliveredAt: sentAt,
            nextAttemptAt: row("next_attempt_at"), attempts: [])
    }
}
