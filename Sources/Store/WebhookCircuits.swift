import Domain
import MariaDB

/// Which threads send a webhook: whoever is slow or fails keeps only others of the kind waiting.
package enum WebhookLane: CaseIterable, Sendable {
    case fast
    /// For endpoints that failed or took long, and for whatever is tried again.
    case slow
}

/// Ends the calls of an endpoint that fails, for a while and at last for good.
package enum WebhookCircuit {
    /// After so many failures in a row its messages wait.
    package static let failuresToOpen = 5
    package static let daysToDisable = 5
    /// An answer that took longer makes the endpoint a slow one.
    package static let quick = Duration.seconds(3)
}

extension WebhookLane {
    /// Whether a row of `outbox`, under this name, is of the lane.
    func condition(_ row: SQL) -> SQL {
        let isSlow: SQL = """
            (\(sql: row).failures > 0
                OR COALESCE((
                    SELECT is_slow FROM webhook_endpoints
                    WHERE webhook_endpoints.id = \(sql: row).endpoint_id), FALSE)
                OR (\(sql: row).endpoint_id IS NULL AND EXISTS (
                    SELECT 1 FROM outbox AS earlier
                    WHERE earlier.account_id = \(sql: row).account_id AND earlier.channel = 'webhook'
                        AND earlier.endpoint_id IS NULL AND earlier.failures > 0
                        AND earlier.next_attempt_at IS NOT NULL)))
            """
        return switch self {
        case .slow: isSlow
        case .fast: "NOT \(sql: isSlow)"
        }
    }
}

extension Connection {
    /// Notes how the endpoint has answered. Its owner is told when its messages begin to wait, and
    /// when it is switched off; an answer makes all well again.
    func note(
        endpoint id: WebhookEndpointID, of account: AccountID, failed: Bool, isTest: Bool,
        took: Duration
    ) throws {
        if !failed {
            let isSlow = took > WebhookCircuit.quick
            try execute(
                """
                UPDATE webhook_endpoints
                SET failures = 0, failing_since = NULL, is_slow = \(isSlow), open_until = NULL,
                    disabled_at = NULL
                WHERE id = \(id)
                    AND (failures > 0 OR is_slow <> \(isSlow) OR disabled_at IS NOT NULL)
                """)
            return
        }
        // A test that fails is seen by whoever pressed the button.
        guard !isTest else { return }
        let opening = WebhookCircuit.failuresToOpen
        try execute(
            """
            UPDATE webhook_endpoints
            SET is_slow = TRUE, failing_since = COALESCE(failing_since, UTC_TIMESTAMP(6)),
                open_until = IF(failures + 1 >= \(opening), UTC_TIMESTAMP(6)
                    + INTERVAL LEAST(60 * POW(2, LEAST(failures + 1 - \(opening), 10)), 3600) SECOND,
                    NULL),
                failures = failures + 1
            WHERE id = \(id)
            """)
        let endpoint = try first(
            """
            SELECT url, failures,
                disabled_at IS NULL AND failing_since <= UTC_TIMESTAMP(6)
                    - INTERVAL \(WebhookCircuit.daysToDisable) DAY AS is_over
            FROM webhook_endpoints
            WHERE id = \(id)
            """
        ) { row in
            (
                url: try row("url") as String, failures: try row("failures") as Int,
                isOver: try row("is_over") as Bool
            )
        }
        guard let endpoint else { return }
        if endpoint.isOver {
            try disable(id)
            try tell(
                .webhookOff(endpoint.url), toOwnerOf: account,
                opKey: "mail:webhook.off:\(OutboxID.new())")
        } else if endpoint.failures == opening {
            try tell(
                .webhookFailing(endpoint.url), toOwnerOf: account,
                opKey: "mail:webhook.failing:\(OutboxID.new())")
        }
    }

    /// Switches the endpoint off, with all that waits for it. A test that it answers switches it on.
    private func disable(_ id: WebhookEndpointID) throws {
        try execute(
            "UPDATE webhook_endpoints SET disabled_at = UTC_TIMESTAMP(6) WHERE id = \(id)")
        try execute(
            """
            UPDATE outbox
            SET next_attempt_at = NULL, lease_token = NULL, lease_until = NULL,
                failed_at = UTC_TIMESTAMP(6), problem = 'The endpoint was switched off.'
            WHERE endpoint_id = \(id) AND next_attempt_at IS NOT NULL
            """)
    }
}
