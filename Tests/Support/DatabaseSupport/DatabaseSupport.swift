package import MariaDB

/// The folder with this project's migrations.
package let schemaFolder: String =
    // Tests/Support/DatabaseSupport/DatabaseSupport.swift
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    .joined(separator: "/") + "/schema"

/// Runs `body` on a real database, in a transaction that is rolled back at its end.
///
/// All callers with the same folder share one database, so rows that `body` inserts can make
/// others wait: let names and ids differ where they must be unique. `transaction` inside of
/// `body` is a savepoint. What needs a second connection needs ``withFreshDatabase(migrated:_:)``.
///
/// - Parameter folder: whose migrations have made the tables; nil for a database without any.
package func withDatabase(
    migrated folder: String? = schemaFolder, _ body: (Connection) throws -> Void
) throws {
    struct Undo: Error {}

    let connection = Connection(try TestDatabases.shared.common(migrated: folder))
    var isDone = false
    do {
        try connection.transaction {
            isDone = false
            try body(connection)
            isDone = true
            throw Undo()
        }
    } catch  where isDone {
        // `Undo`, or an error of the database that `body` has provoked and caught.
    }
}

/// Runs `body` with a database of its own. What it changes in it goes away; new tables may not,
/// and need a database without migrations.
package func withFreshDatabase(
    migrated folder: String? = schemaFolder, _ body: (DatabaseConfiguration) throws -> Void
) throws {
    let databases = TestDatabases.shared
    let configuration = try databases.take(migrated: folder)
    defer { databases.giveBack(configuration, migrated: folder) }
    try body(configuration)
}

/// The checksum that these migrations are recorded with: enough to tell files apart.
package func testChecksum(_ bytes: [UInt8]) -> String {
    // FNV-1a, <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    let hash = bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { hash, byte in
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return String(hash, radix: 16)
}
