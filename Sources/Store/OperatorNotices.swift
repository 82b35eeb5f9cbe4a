import Domain
import FoundationEssentials
package import MariaDB

extension Connection {
    /// What the operator is to be told by mail now, all of it; nil when there is nothing that they
    /// do not know, when they were told within the last hour, and while another sender tells them.
    /// Whoever gets it sends it within `lasting` and says so by ``noteTold(_:)``.
    package func claimOperatorNotice(lasting: Duration) throws -> [AttentionItem]? {
        let items = try attention()
        return try transaction {
            try insertNotices()
            let row = try first(
                """
                SELECT items,
                    COALESCE(told_at > UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, FALSE) AS is_told,
                    COALESCE(lease_until > UTC_TIMESTAMP(6), FALSE) AS is_leased
                FROM operator_notices
                FOR UPDATE
                """
            ) { row in
                (
                    names: Set(
                        (try row("items") as String).split(separator: "\n").map(String.init)),
                    isBusy: try (row("is_told") as Bool) || (row("is_leased") as Bool)
                )
            }
            guard let row else { return nil }
            let now = Set(items.map(\.name))
            // What is over may begin again, and is told again then.
            let known = row.names.intersection(now)
            if known != row.names { try setTold(known) }
            guard !row.isBusy, known != now else { return nil }
            try execute(
                """
                UPDATE operator_notices
                SET lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                """)
            return items
        }
    }

    /// The mail about these was taken.
    package func noteTold(_ items: [AttentionItem]) throws {
        try transaction {
            try setTold(Set(items.map(\.name)))
            try execute(
                "UPDATE operator_notices SET told_at = UTC_TIMESTAMP(6), lease_until = NULL")
        }
    }

    /// Whether this sender is to tell the operator of yesterday: once a day, or again when who was
    /// to do it did not say so by ``noteDigestTold()`` within `lasting`.
    package func claimDigest(lasting: Duration) throws -> Bool {
        try transaction {
            try insertNotices()
            return try execute(
                """
                UPDATE operator_notices
                SET digest_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                WHERE (digest_on IS NULL OR digest_on < UTC_DATE())
                    AND (digest_until IS NULL OR digest_until <= UTC_TIMESTAMP(6))
                """) > 0
        }
    }

    package func noteDigestTold() throws {
        try execute("UPDATE operator_notices SET digest_on = UTC_DATE(), digest_until = NULL")
    }

    func insertNotices() throws {
        try execute(
            """
            INSERT INTO operator_notices (items) VALUES ('')
            ON DUPLICATE KEY UPDATE is_only = is_only
            """)
    }

    private func setTold(_ names: Set<String>) throws {
        try execute(
            "UPDATE operator_notices SET items = \(names.sorted().joined(separator: "\n"))")
    }
}

extension AttentionItem {
    /// What tells it from others: its numbers may change while it waits.
    fileprivate var name: String {
        "\(kind.rawValue) \(differenceID?.description ?? findingID?.description ?? subject)"
            .replacing("\n", with: " ")
    }
}
