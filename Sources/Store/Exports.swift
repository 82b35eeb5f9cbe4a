package import Domain
package import FoundationEssentials
package import MariaDB

package enum ExportKind {}
package typealias ExportID = ID<ExportKind>
package enum ExportLeaseKind {}

/// A file with all the data of a person: ordered, and made some time later.
package struct Export: Sendable {
    package enum Status: String, CaseIterable, Sendable {
        case making, ready, failed
    }

    package static let daysKept = 7
    fileprivate static let tries = 3

    package let id: ExportID
    package let user: UserID
    package let account: AccountID
    /// Of its file, which nobody guesses.
    package let name: String
    package let status: Status
    package let createdAt: Date
    package let expiresAt: Date?
    package let sizeBytes: Int?

    /// Where its file lies.
    package var key: String { "exports/\(name.prefix(2))/\(name).zip" }
}

/// One that this worker makes until its lease runs out.
package struct ClaimedExport: Sendable {
    package let export: Export
    fileprivate let lease: ID<ExportLeaseKind>
}

extension Connection {
    /// Orders an export. One that is being made, or was within the hour, is the answer to another
    /// order; an older one goes.
    package func orderExport(
        _ id: ExportID, named name: String, of user: UserID, for account: AccountID
    ) throws -> Export {
        try transaction {
            try execute("SELECT id FROM users WHERE id = \(user) FOR UPDATE")
            if let known = try export(of: user), known.status != .failed {
                let isFresh = try first(
                    """
                    SELECT made_at IS NULL OR made_at > UTC_TIMESTAMP(6) - INTERVAL 1 HOUR AS is_fresh
                    FROM exports WHERE id = \(known.id)
                    """
                ) { row in try row("is_fresh") as Bool }
                if isFresh == true { return known }
            }
            // Its file goes with the next round.
            try execute(
                """
                UPDATE exports SET expires_at = UTC_TIMESTAMP(6)
                WHERE user_id = \(user) AND (made_at IS NOT NULL OR failed_at IS NOT NULL)
                """)
            try execute(
                """
                INSERT INTO exports (id, user_id, account_id, name, created_at)
                VALUES (\(id), \(user), \(account), \(name), UTC_TIMESTAMP(6))
                ON DUPLICATE KEY UPDATE id = id
                """)
            guard let export = try export(of: user) else { throw NotFound() }
            return export
        }
    }

    /// The newest that a person ordered and may still get; nil when there is none.
    package func export(of user: UserID) throws -> Export? {
        try first(
            """
            \(sql: Export.select)
            WHERE user_id = \(user) AND (expires_at IS NULL OR expires_at > UTC_TIMESTAMP(6))
            ORDER BY id DESC
            LIMIT 1
            """, Export.init(row:))
    }

    /// Takes the oldest that nobody makes. Nil when there is none. One that was tried three times,
    /// by whoever lives or died, has failed.
    package func claimExport(lasting: Duration) throws -> ClaimedExport? {
        let lease = ID<ExportLeaseKind>.new()
        return try transaction {
            try execute(
                """
                UPDATE exports
                SET failed_at = UTC_TIMESTAMP(6), expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY
                WHERE made_at IS NULL AND failed_at IS NULL AND attempts >= \(Export.tries)
                    AND lease_until < UTC_TIMESTAMP(6)
                """)
            let found = try first(
                """
                \(sql: Export.select)
                WHERE made_at IS NULL AND failed_at IS NULL
                    AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)
                        OR lease_token = \(lease))
                ORDER BY id
                LIMIT 1
                FOR UPDATE SKIP LOCKED
                """, Export.init(row:))
            guard let found else { return nil }
            try execute(
                """
                UPDATE exports
                SET lease_token = \(lease), attempts = attempts + 1,
                    lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                WHERE id = \(found.id) AND NOT lease_token <=> \(lease)
                """)
            return ClaimedExport(export: found, lease: lease)
        }
    }

    /// It is there from now on, and its owner is told. Throws ``LeaseLost`` when another makes it.
    package func finish(_ claim: ClaimedExport, sizeBytes: Int) throws {
        let id = claim.export.id
        try transaction {
            let isOurs = try execute(
                """
                UPDATE exports
                SET made_at = UTC_TIMESTAMP(6), size_bytes = \(sizeBytes),
                    expires_at = UTC_TIMESTAMP(6) + INTERVAL \(Export.daysKept) DAY,
                    lease_token = NULL, lease_until = NULL
                WHERE id = \(id) AND lease_token = \(claim.lease)
                """)
            guard isOurs == 1 else { throw LeaseLost() }
            try tellOnce(
                .exportReady, to: provedAddress(of: claim.export.user),
                opKey: "mail:export.ready:\(id)")
        }
    }

    /// It is tried again in a minute, unless that was the third try.
    package func giveBack(_ claim: ClaimedExport) throws {
        try execute(
            """
            UPDATE exports
            SET lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE
            WHERE id = \(claim.export.id) AND lease_token = \(claim.lease)
            """)
    }

    /// Takes those away whose time is over, and their files before. Returns how many of at most
    /// `limit`.
    package func purgeExports(limit: Int, remove: (Export) throws -> Void) throws -> Int {
        let over = try query(
            "\(sql: Export.select) WHERE expires_at <= UTC_TIMESTAMP(6) LIMIT \(limit)",
            Export.init(row:))
        for export in over {
            try remove(export)
            try execute("DELETE FROM exports WHERE id = \(export.id)")
        }
        return over.count
    }
}

extension Export {
    fileprivate static let select: SQL = """
        SELECT id, user_id, account_id, name, created_at, made_at, failed_at, expires_at, size_bytes
        FROM exports
        """

    fileprivate init(row: Row) throws {
        let (madeAt, failedAt): (Date?, Date?) = try (row("made_at"), row("failed_at"))
        try self.init(
            id: row("id"), user: row("user_id"), account: row("account_id"), name: row("name"),
            status: madeAt != nil ? .ready : failedAt != nil ? .failed : .making,
            createdAt: row("created_at"), expiresAt: row("expires_at"),
            sizeBytes: row("size_bytes"))
    }
}
