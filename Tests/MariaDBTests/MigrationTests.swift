import DatabaseSupport
import FoundationEssentials
import MariaDB
import Synchronization
import Testing

struct MigrationTests {
    static let users = (
        "0001_create_users.sql", "-- Who may sign in.\nCREATE TABLE users (id INT PRIMARY KEY);\n"
    )
    static let seed = (
        "0002_seed_users.sql", "-- The first ones.\n-- Two.\nINSERT INTO users VALUES (1), (2)\n"
    )
    static let procedure = (
        "0003_count_users.sql",
        """
        -- Several statements in one body.
        CREATE PROCEDURE count_users()
        BEGIN
            DECLARE n INT;
            SELECT COUNT(*) INTO n FROM users;
            SELECT n;
        END;
        """
    )
    static let view = (
        "0004_last_user.sql", "CREATE VIEW v AS SELECT MAX(id) AS id FROM users"
    )

    @Test func `files are applied in their order, each once`() throws {
        try withFolder([Self.procedure, Self.users, Self.view, Self.seed]) {
            folder, configuration in
            let names = [
                "0001_create_users", "0002_seed_users", "0003_count_users", "0004_last_user",
            ]
            var logged: [String] = []
            let applied = try migrations(folder).apply(using: configuration) { logged.append($0) }
            #expect(applied == names)
            #expect(logged == names)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == [])
            let db = Connection(configuration)
            #expect(try db.first("CALL count_users()") { try $0("n") } == 2)
            #expect(try db.first("SELECT id FROM v") { try $0("id") } == 2)
            #expect(
                try db.query(
                    "SELECT name FROM schema_migrations WHERE applied_at IS NOT NULL ORDER BY version"
                ) { try $0("name") as String } == names)
        }
    }

    @Test func `all at once makes the same as one after another`() throws {
        let files = [Self.users, Self.seed, Self.procedure, Self.view]
        try withFolder(files) { folder, configuration in
            try migrations(folder).applyAll(toEmpty: configuration)
            #expect(try migrations(folder).check(using: configuration).isCurrent)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == [])
            let db = Connection(configuration)
            #expect(try db.first("CALL count_users()") { try $0("n") } == 2)
        }
    }

    @Test func `two at once apply each file once`() throws {
        try withFolder([Self.users, Self.seed, Self.procedure, Self.view]) {
            folder, configuration in
            let applied = try inParallel(4) { _ in
                try Migrations(folder: folder, checksum: testChecksum)
                    .apply(using: configuration) { _ in }
            }
            #expect(applied.flatMap { $0 }.count == 4)
            #expect(Set(applied.flatMap { $0 }).count == 4)
            let db = Connection(configuration)
            #expect(try db.first("SELECT COUNT(*) AS n FROM users") { try $0("n") } == 2)
        }
    }

    @Test func `a changed file is refused by its name`() throws {
        try withFolder([Self.users, Self.seed]) { folder, configuration in
            try migrations(folder).apply(using: configuration) { _ in }
            try write(("0001_create_users.sql", Self.users.1 + " "), to: folder)
            try write(Self.procedure, to: folder)
            #expect(throws: MigrationError.changed(file: "0001_create_users")) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
            let status = try migrations(folder).check(using: configuration)
            #expect(status.pending == ["0003_count_users"])
            #expect(status.mismatched == ["0001_create_users"])
        }
    }

    @Test func `a file that is missing after it was applied is refused by its name`() throws {
        try withFolder([Self.users, Self.seed]) { folder, configuration in
            try migrations(folder).apply(using: configuration) { _ in }
            try FileManager.default.removeItem(atPath: "\(folder)/\(Self.seed.0)")
            #expect(throws: MigrationError.removed(file: "0002_seed_users")) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
            #expect(
                try migrations(folder).check(using: configuration).mismatched
                    == ["0002_seed_users"])
        }
    }

    @Test func `whoever has a database of other files is not told to throw it away`() {
        let errors: [MigrationError] = [
            .removed(file: "0120_seed_prices"), .changed(file: "0002_create_sessions"),
        ]
        for error in errors {
            #expect(error.description.contains("run the release that made it, or restore a copy"))
        }
    }

    @Test func `a file that was passed over is refused by its name`() throws {
        try withFolder([Self.users, Self.seed]) { folder, configuration in
            try migrations(folder).apply(using: configuration) { _ in }
            try Connection(configuration).execute("DELETE FROM schema_migrations WHERE version = 1")
            #expect(throws: MigrationError.skipped(file: "0001_create_users")) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
        }
    }

    @Test func `a number may be left out, but not be filled in later`() throws {
        try withFolder([Self.users, Self.procedure]) { folder, configuration in
            let applied = try migrations(folder).apply(using: configuration) { _ in }
            #expect(applied == ["0001_create_users", "0003_count_users"])
            #expect(try migrations(folder).check(using: configuration).isCurrent)
            try write(Self.seed, to: folder)
            #expect(throws: MigrationError.skipped(file: "0002_seed_users")) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
        }
    }

    @Test func `a number taken twice and a malformed name are refused`() throws {
        try withFolder([Self.users, ("0001_other.sql", "DO 1")]) { folder, _ in
            #expect(
                throws: MigrationError.numberTaken(
                    file: "0001_other.sql", by: "0001_create_users")
            ) { try migrations(folder) }
        }
        try withFolder([("0000_other.sql", "DO 1")]) { folder, _ in
            #expect(throws: MigrationError.malformedName(file: "0000_other.sql")) {
                try migrations(folder)
            }
        }
        try withFolder([Self.users, ("2_other.sql", "DO 1")]) { folder, _ in
            #expect(throws: MigrationError.malformedName(file: "2_other.sql")) {
                try migrations(folder)
            }
        }
        try withFolder([Self.users, ("README.md", "Not SQL.")]) { folder, _ in
            _ = try migrations(folder)
        }
    }

    @Test func `a file of two statements is refused and can be mended`() throws {
        try withFolder([Self.users]) { folder, configuration in
            try write(
                ("0002_two.sql", "INSERT INTO users VALUES (1); INSERT INTO users VALUES (2)"),
                to: folder)
            let error = #expect(throws: MigrationError.self) {
                try migrations(folder).apply(using: configuration) { _ in }
            }
            guard case .failed("0002_two", let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.code == 1064)
            let db = Connection(configuration)
            #expect(try db.first("SELECT COUNT(*) AS n FROM users") { try $0("n") } == 0)
            try write(("0002_two.sql", "INSERT INTO users VALUES (1), (2)"), to: folder)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == ["0002_two"])
        }
    }

    @Test func `a check changes nothing`() throws {
        try withFolder([Self.users, Self.seed]) { folder, configuration in
            let status = try migrations(folder).check(using: configuration)
            #expect(status.pending == ["0001_create_users", "0002_seed_users"])
            #expect(status.mismatched == [])
            let tables = try Connection(configuration).query("SHOW TABLES") { _ in 1 }
            #expect(tables == [])
            try migrations(folder).apply(using: configuration) { _ in }
            #expect(try migrations(folder).check(using: configuration).isCurrent)
        }
    }

    @Test(arguments: [false, true])
    func `a file that a crash interrupted is run again`(itsEffectIsThere: Bool) throws {
        try withFolder([Self.users]) { folder, configuration in
            try migrations(folder).apply(using: configuration) { _ in }
            // What a crash leaves between DDL and bookkeeping, or before the DDL.
            let db = Connection(configuration)
            try db.execute("UPDATE schema_migrations SET applied_at = NULL")
            if !itsEffectIsThere { try db.execute("DROP TABLE users") }
            #expect(
                try migrations(folder).check(using: configuration).pending
                    == ["0001_create_users"])
            #expect(
                try migrations(folder).apply(using: configuration) { _ in }
                    == ["0001_create_users"])
            #expect(try db.first("SELECT COUNT(*) AS n FROM users") { try $0("n") } == 0)
            #expect(try migrations(folder).apply(using: configuration) { _ in } == [])
        }
    }

    @Test func `a table that is in the way is not taken for an applied file`() throws {
        try withFolder([Self.users]) { folder, configuration in
            try Connection(configuration).execute("CREATE TABLE users (other INT)")
            for _ in 1...2 {
                #expect(throws: MigrationError.self) {
                    try migrations(folder).apply(using: configuration) { _ in }
                }
            }
        }
    }

    @Test func `each file is applied once, wherever the connection is cut`() throws {
        let files = [Self.users, Self.seed, Self.procedure, Self.view, Self.lastUser]
        let texts = [
            "CREATE TABLE users", "INSERT INTO users", "CREATE PROCEDURE", "COMMIT",
            "CREATE OR REPLACE VIEW", "INSERT INTO schema_routines",
        ]
        for text in texts {
            for cut in CuttingProxy.Cut.allCases {
                try withFolder(files) { folder, direct in
                    let proxy = try CuttingProxy(before: direct)
                    proxy.arm(cut, at: text)
                    #expect(throws: (any Error).self) {
                        try migrations(folder).apply(using: proxy.configuration(direct)) { _ in }
                    }
                    #expect(proxy.cutCount == 1)
                    try migrations(folder).apply(using: direct) { _ in }
                    let db = Connection(direct)
                    #expect(try db.first("SELECT COUNT(*) AS n FROM users") { try $0("n") } == 2)
                    #expect(try migrations(folder).check(using: direct).isCurrent)
                }
            }
        }
    }

    // MARK: Tools

    func migrations(_ folder: String) throws -> Migrations {
        try Migrations(folder: folder, checksum: testChecksum)
    }

    /// Runs `body` with a folder of these files and an empty database.
    func withFolder(
        _ files: [(String, String)], _ body: (String, DatabaseConfiguration) throws -> Void
    ) throws {
        let folder = "/tmp/rushes-migrations-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: "\(folder)/routines", withIntermediateDirectories: false)
        for file in files { try write(file, to: folder) }
        try withFreshDatabase(migrated: nil) { try body(folder, $0) }
    }

    func write(_ file: (name: String, text: String), to folder: String) throws {
        try Data(file.text.utf8).write(to: URL(filePath: "\(folder)/\(file.name)"))
    }
}
