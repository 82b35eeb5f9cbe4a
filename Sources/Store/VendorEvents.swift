import Domain
package import MariaDB

package enum Vendor: String, Sendable, SQLConvertible {
    case stripe, pollo
}

/// A vendor's event that waits to be tried again.
package struct KeptEvent: Hashable, Sendable {
    package let id: String
    package let type: String
    package let object: String
    /// `checkout.session`, `charge`, …; nil for one that was kept because its session was unknown.
    package let objectKind: String?
    package let paymentIntent: String?

    package init(
        id: String, type: String, object: String, objectKind: String?, paymentIntent: String?
    ) {
        self.id = id
        self.type = type
        self.object = object
        self.objectKind = objectKind
        self.paymentIntent = paymentIntent
    }
}

extension Connection {
    /// Writes down that an event came, with `effect` in the same transaction (W2). An event that
    /// was processed before has no effect again. `effect` returns false when the event's object
    /// is not known yet; then the event is kept to be tried again (W5). Of texts longer than any
    /// vendor's the beginning is kept, which is one with no other.
    package func receive(
        _ eventID: String, from vendor: Vendor, type: String, object: String,
        effect: () throws -> Bool
    ) throws {
        let eventID = eventID.cut(to: 255)
        try transaction {
            // First the row, which copies of the event that come at once then wait for.
            let isProcessed = try first(
                """
                INSERT INTO vendor_events (provider, event_id, type, object_id, received_at)
                VALUES (\(vendor), \(eventID), \(type.cut(to: 255)),
                    \(object.cut(to: 255)), UTC_TIMESTAMP(6))
                ON DUPLICATE KEY UPDATE event_id = event_id
                RETURNING processed_at IS NOT NULL AS is_processed
                """
            ) { row in try row("is_processed") as Bool }
            if isProcessed == true { return }
            let isDone = try effect()
            try execute(
                """
                UPDATE vendor_events
                SET tries = tries + 1, processed_at = IF(\(isDone), UTC_TIMESTAMP(6), NULL),
                    problem = NULL, next_at = NULL
                WHERE provider = \(vendor) AND event_id = \(eventID)
                """)
        }
    }

    /// Whether the event had its effect before, so that nobody needs to be asked about it.
    package func isProcessed(_ eventID: String, from vendor: Vendor) throws -> Bool {
        try first(
            """
            SELECT processed_at IS NOT NULL AS is_processed
            FROM vendor_events
            WHERE provider = \(vendor) AND event_id = \(eventID)
            """
        ) { row in try row("is_processed") } ?? false
    }

    /// Whether the event had its effect before, or is kept because it failed: then a look through
    /// the vendor's list passes it, and it is tried again in its own time.
    package func isProcessedOrKept(_ eventID: String, from vendor: Vendor) throws -> Bool {
        try first(
            """
            SELECT processed_at IS NOT NULL OR problem IS NOT NULL AS is_known
            FROM vendor_events
            WHERE provider = \(vendor) AND event_id = \(eventID)
            """
        ) { row in try row("is_known") } ?? false
    }

    /// Keeps an event apart that could not be received: it is tried again after a minute, two
    /// minutes and so on, at last every six hours, and is shown to the operator meanwhile.
    package func keep(_ event: KeptEvent, from vendor: Vendor, problem: String) throws {
        try execute(
            """
            INSERT INTO vendor_events
                (provider, event_id, type, object_id, object_kind, payment_intent, received_at,
                 tries, problem, next_at)
            VALUES (\(vendor), \(event.id.cut(to: 255)), \(event.type.cut(to: 255)),
                \(event.object.cut(to: 255)), \(event.objectKind?.cut(to: 64)),
                \(event.paymentIntent?.cut(to: 255)), UTC_TIMESTAMP(6), 1,
                \(problem.cut(to: 500)), UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE)
            ON DUPLICATE KEY UPDATE
                object_kind = IF(processed_at IS NULL, VALUES(object_kind), object_kind),
                payment_intent = IF(processed_at IS NULL, VALUES(payment_intent), payment_intent),
                problem = IF(processed_at IS NULL, VALUES(problem), NULL),
                next_at = IF(processed_at IS NULL, UTC_TIMESTAMP(6)
                    + INTERVAL LEAST(60 * POW(2, LEAST(tries, 10)), 21600) SECOND, NULL),
                tries = IF(processed_at IS NULL, tries + 1, tries)
            """)
    }

    /// Whether events have waited for long, so that something is wrong with receiving them. Those
    /// that were given up are named by the reconciliation, and those that fail by the attention
    /// list.
    package func hasStuckEvents() throws -> Bool {
        try first(
            """
            SELECT 1
            FROM vendor_events
            WHERE processed_at IS NULL AND tries < 19 AND problem IS NULL
                AND received_at < UTC_TIMESTAMP(6) - INTERVAL 15 MINUTE
            LIMIT 1
            """, { _ in true }) ?? false
    }

    /// Stripe's events that are due to be tried again: those whose object was not known when they
    /// came, after 10 s, 20 s and so on, the last time after 15 days; and those that failed.
    package func unprocessedStripeEvents(limit: Int) throws -> [KeptEvent] {
        try query(
            """
            SELECT event_id, type, object_id, object_kind, payment_intent
            FROM vendor_events
            WHERE provider = 'stripe' AND processed_at IS NULL
                AND IF(problem IS NULL, tries < 19
                    AND received_at < UTC_TIMESTAMP(6) - INTERVAL 5 * POW(2, LEAST(tries, 19)) SECOND,
                    next_at <= UTC_TIMESTAMP(6))
            ORDER BY COALESCE(next_at, received_at)
            LIMIT \(limit)
            """
        ) { row in
            try KeptEvent(
                id: row("event_id"), type: row("type"), object: row("object_id"),
                objectKind: row("object_kind"), paymentIntent: row("payment_intent"))
        }
    }
}
