import Ledger
package import MariaDB
import Store
package import Testing

/// Expects that the auditor finds nothing: every test that moves money ends with it.
package func expectCleanBooks(
    _ db: Connection, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let violations = try db.audit()
    #expect(violations == [], sourceLocation: sourceLocation)
}

extension Connection {
    /// The tables of which another transaction has locked, or written, a row.
    package func lockedTables() throws -> [String] {
        let tables: [SQL] = [
            "vendor_events", "wallets", "credit_lots", "purchases", "refunds", "disputes",
            "video_jobs", "job_attempts", "ledger_entries", "transactions", "idempotency_keys",
            "vendor_gates", "health_checks", "outbox",
        ]
        return try tables.filter { table in
            do throws(DatabaseError) {
                // Fails at once where somebody holds a row.
                try execute("SELECT 1 FROM \(sql: table) FOR UPDATE NOWAIT")
                return false
            } catch {
                guard error.kind == .lockTimeout else { throw error }
                return true
            }
        }.map(\.text)
    }
}
