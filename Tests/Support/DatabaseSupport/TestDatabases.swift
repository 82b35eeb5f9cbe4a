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
            // The server may be one that stays.
            if common.isEmpty { atexit { TestDatabases.shared.dropCommon() } }
            common[key] = configuration
            return configuration
        }
    }

    private func dropCommon() {
        common.withLock { common in
            for configuration in common.values { try? configuration.dropDatabase() }
        }
    }

    /// Creates a database, with the tables that the folder's migrations make.
    func create(migrated folder: String?) throws -> DatabaseConfiguration {
        let number = count.add(1, ordering: .relaxed).newValue
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
