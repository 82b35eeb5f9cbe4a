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
