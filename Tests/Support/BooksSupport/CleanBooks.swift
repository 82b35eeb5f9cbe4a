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

/// Expects that no transaction is open that has locked, or written, a row of the shop.
package func expectNothingLocked(
    _ db: Connection, sourceLocation: SourceLocation = #_sourceLocation
) {
    let tables: [SQL] = [
        "vendor_events", "wallets", "credit_lots", "purchases", "refunds", "disputes",
        "video_jobs", "job_attempts", "ledger_entries", "transactions", "idempotency_keys",
        "vendor_gates", "health_checks", "outbox",
    ]
    for table in tables {
        // Fails at once where another transaction holds a row.
        #expect(throws: Never.self, "\(table.text)", sourceLocation: sourceLocation) {
            try db.query("SELECT 1 FROM \(sql: table) FOR UPDATE NOWAIT") { _ in true }
        }
    }
}
