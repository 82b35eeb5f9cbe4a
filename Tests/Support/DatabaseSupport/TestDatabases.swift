import FoundationEssentials
import Glibc
package import MariaDB
import Synchronization

/// The databases of this process on the test server: that of `TEST_DATABASE_URL` (whose account
/// may create databases), or a ``PrivateServer``.
package final class TestDatabases: Sendable {
    package static let shared = TestDatabases()

    private let server = Mutex<DatabaseConfiguration?>(nil)
    /// The common databases by name and migration folder.
    private let common = Mutex<[String: DatabaseConfiguration]>([:])
    /// Databases that tests have given back, as good as new, by migration folder.
    private let idle = Mutex<[String: [DatabaseConfiguration]]>([:])
    /// Databases as the migrations leave them, by migration folder: what others are restored from.
    private let pristine = Mutex<[String: DatabaseConfiguration]>([:])
    private let count = Atomic<Int>(0)

    /// The server's own configuration, without a database.
    package func configuration() throws -> DatabaseConfiguration {
        try server.withLock { server in
            if let server { return server }
            let configuration =
                if let url = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"] {
                    try DatabaseConfiguration(url: url)
                } else {
                    try PrivateServer().configuration
                }
            server = configuration
            return configuration
        }
    }

    /// The database that all callers with this folder and name share, as long as the process lives.
    package func common(
        migrated folder: String?, named name: String = ""
    ) throws -> DatabaseConfiguration {
        try common.withLock { common in
            let key = "\(name) \(folder ?? "")"
            if let configuration = common[key] { return configuration }
            let configuration = try create(migrated: folder)
            common[key] = configuration
            return configuration
        }
    }

    /// A database that nobody else uses: one that was given back, or a new one.
    func take(migrated folder: String?) throws -> DatabaseConfiguration {
        if let folder, let database = idle.withLock({ $0[folder]?.popLast() }) { return database }
        return try create(migrated: folder)
    }

    /// Makes the database as good as new for the next test, which costs a tenth of a new one; or
    /// drops it.
    func giveBack(_ database: DatabaseConfiguration, migrated folder: String?) {
        do {
            guard let folder else { return try database.dropDatabase() }
            try restore(database, migrated: folder)
            idle.withLock { $0[folder, default: []].append(database) }
        } catch {
            // Should it stay, it does no harm: its name is this process's alone.
            try? database.dropDatabase()
        }
    }

    private func restore(_ database: DatabaseConfiguration, migrated folder: String) throws {
        let pristine = try pristine.withLock { pristine in
            if let configuration = pristine[folder] { return configuration }
            let configuration = try create(migrated: folder)
            try Connection(configuration).execute(Self.restoreProcedure)
            pristine[folder] = configuration
            return configuration
        }
        try Connection(pristine).execute("CALL restore_database(\(database.database))")
    }

    /// Names cannot be bound, and those of the tables are known to the server alone.
    private static let restoreProcedure: SQL = """
        CREATE PROCEDURE restore_database(IN target VARCHAR(64))
        BEGIN
            SET SESSION foreign_key_checks = 0;
            START TRANSACTION;
            FOR relation IN (
                SELECT table_name AS name
                FROM information_schema.tables
                WHERE table_schema = target AND table_type = 'BASE TABLE'
                -- What is taken away from others leaves its mark there.
                ORDER BY table_name = 'touched_accounts'
            ) DO
                EXECUTE IMMEDIATE CONCAT('DELETE FROM `', target, '`.`', relation.name, '`');
                EXECUTE IMMEDIATE CONCAT(
                    'INSERT INTO `', target, '`.`', relation.name, '` SELECT * FROM `',
                    relation.name, '`');
            END FOR;
            COMMIT;
        END
        """

    private func dropAll() {
        let databases =
            common.withLock { Array($0.values) } + pristine.withLock { Array($0.values) }
            + idle.withLock { $0.values.flatMap { $0 } }
        for database in databases { try? database.dropDatabase() }
    }

    /// Creates a database, with the tables that the folder's migrations make.
    func create(migrated folder: String?) throws -> DatabaseConfiguration {
        let number = count.add(1, ordering: .relaxed).newValue
        // The server may be one that stays.
        if number == 1 { atexit { TestDatabases.shared.dropAll() } }
        var configuration = try configuration()
        configuration.database = "rushes_test_\(getpid())_\(number)"
        try configuration.createDatabase()
        if let folder {
            try Migrations(folder: folder, checksum: testChecksum)
                .applyAll(toEmpty: configuration)
        }
        return configuration
    }
}
