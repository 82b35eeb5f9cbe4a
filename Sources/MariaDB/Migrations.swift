internal import FoundationEssentials

/// The schema's history: a folder of files `0001_create_users.sql`, `0002_…`, each one statement,
/// applied in the order of their numbers, each once, and never edited after that. Numbers may be
/// left out, so that several people can write migrations at once. What is replaced whole lies in
/// its folder `routines` and is run after them when it has changed (``Routines``).
///
/// What was applied stands in the table `schema_migrations`. MariaDB cannot roll back DDL, so a
/// row is written before its file is run (`applied_at` NULL) and completed after it: a file that
/// was interrupted by a crash is found again, and run again.
package struct Migrations: Sendable {
    private let files: [Migration]
    private let routines: Routines

    /// Reads the folder. Files that do not end in `.sql` are passed over.
    ///
    /// - Parameter checksum: the SHA-256 of the bytes, in hexadecimal.
    /// - Throws: ``MigrationError`` when a name is malformed or a number is taken twice, and what
    ///   the file system throws.
    package init(folder: String, checksum: ([UInt8]) -> String) throws {
        var before: Migration?
        files = try SchemaFile.names(in: folder).map { file in
            let digits = file.prefix { $0.isASCII && $0.isNumber }
            guard digits.count == 4, file.dropFirst(4).first == "_", let version = Int(digits),
                version > 0
            else { throw MigrationError.malformedName(file: file) }
            // All numbers have four digits, so that sorted names are sorted numbers.
            if let before, before.version == version {
                throw MigrationError.numberTaken(file: file, by: before.name)
            }
            let migration = Migration(
                version: version,
                file: try SchemaFile(
                    "\(folder)/\(file)", name: String(file.dropLast(4)), checksum: checksum))
            before = migration
            return migration
        }
        routines = try Routines(folder: "\(folder)/routines", checksum: checksum)
    }

    /// Applies what is pending and returns the names of those files.
    ///
    /// Two at once are safe: the second waits (up to ten minutes) for the first, on a row lock
    /// that a transaction of its own holds for the whole run.
    ///
    /// - Parameter log: called with the name of each file before it is run.
    /// - Throws: ``MigrationError``, or ``DatabaseError`` when the bookkeeping fails.
    @discardableResult
    package func apply(
        using configuration: DatabaseConfiguration, log: (String) -> Void
    ) throws -> [String] {
        let work = try Session(configuration.patient(lockWaitSeconds: 60))
        try work.runText(Self.tables)
        try work.runText(Routines.table)
        try work.runText(Self.lockTable)
        let lock = try Session(configuration.patient(lockWaitSeconds: 600))
        try lock.runText("START TRANSACTION")
        try lock.runText(
            """
            INSERT INTO schema_migration_lock (id) VALUES (1)
            ON DUPLICATE KEY UPDATE id = id
            """)

        let applied = try AppliedMigration.all(on: work)
        try verify(applied)
        var names: [String] = []
        func announce(_ name: String) throws {
            // Without its session the lock is gone, and another may be at work.
            _ = try lock.run("SELECT 1")
            log(name)
        }
        for file in files where applied[file.version]?.isComplete != true {
            try announce(file.name)
            try apply(file, isInterrupted: applied[file.version] != nil, on: work)
            names.append(file.name)
        }
        names += try routines.apply(on: work, announce: announce)
        try lock.runText("COMMIT")
        return names
    }

    /// Applies all files to an empty database and records them in the end: for tests, which make
    /// many. A run that is cut off leaves a database that has to be dropped.
    package func applyAll(toEmpty configuration: DatabaseConfiguration) throws {
        let session = try Session(configuration.patient(lockWaitSeconds: 60))
        try session.runText(Self.tables)
        for file in files {
            do {
                try session.runText(file.text)
            } catch {
                throw MigrationError.failed(file: file.name, error)
            }
        }
        try session.runText(Routines.table)
        try routines.applyAll(on: session)
        guard let first = files.first else { return }
        let rows = files.dropFirst().reduce("(\(sql: first.row))" as SQL) { rows, file in
            "\(sql: rows), (\(sql: file.row))"
        }
        _ = try session.run(
            """
            INSERT INTO schema_migrations (version, name, checksum, applied_at)
            VALUES \(sql: rows)
            """)
    }

    /// What is pending, and what has been changed or removed after it was applied.
    package struct Status: Equatable, Sendable {
        /// The names of files that ``apply(using:log:)`` would run.
        package var pending: [String] = []
        /// The names of applied files that differ now, or are missing.
        package var mismatched: [String] = []

        /// Whether folder and database agree.
        package var isCurrent: Bool { pending.isEmpty && mismatched.isEmpty }
    }

    /// Compares the folder with the database. Changes nothing.
    package func check(using configuration: DatabaseConfiguration) throws -> Status {
        let session = try Session(configuration)
        let hasTable = try session.run(
            """
            SELECT 1 FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'
            """)
        let applied = hasTable.values.isEmpty ? [:] : try AppliedMigration.all(on: session)
        var status = Status()
        for file in files {
            if let row = applied[file.version] {
                if !row.matches(file) { status.mismatched.append(row.name) }
                if !row.isComplete { status.pending.append(file.name) }
            } else {
                status.pending.append(file.name)
            }
        }
        status.pending += try routines.pending(on: session)
        status.mismatched += removed(of: applied).map(\.name)
        return status
    }

    /// What was applied and is not in the folder any more, in its order.
    private func removed(of applied: [Int: AppliedMigration]) -> [AppliedMigration] {
        let known = Set(files.map(\.version))
        return applied.values.filter { !known.contains($0.version) }
            .sorted { $0.version < $1.version }
    }

    // MARK: Bookkeeping

    private static let tables = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    INT          NOT NULL PRIMARY KEY,
            name       VARCHAR(200) NOT NULL,
            checksum   VARCHAR(64)  NOT NULL,
            applied_at DATETIME(6)  NULL
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
        """

    private static let lockTable = """
        CREATE TABLE IF NOT EXISTS schema_migration_lock (
            id INT NOT NULL PRIMARY KEY
        ) ENGINE = InnoDB
        """

    /// Throws unless what was applied is a beginning of the files, unchanged.
    private func verify(_ applied: [Int: AppliedMigration]) throws(MigrationError) {
        if let row = removed(of: applied).first { throw .removed(file: row.name) }
        let last = applied.keys.max() ?? 0
        for file in files where file.version <= last {
            guard let row = applied[file.version] else { throw .skipped(file: file.name) }
            guard row.matches(file) else { throw .changed(file: row.name) }
            guard row.isComplete || file.version == last else { throw .skipped(file: row.name) }
        }
    }

    private func apply(
        _ file: Migration, isInterrupted: Bool, on session: Session
    ) throws {
        if !isInterrupted {
            _ = try session.run(
                """
                INSERT INTO schema_migrations (version, name, checksum)
                VALUES (\(file.version), \(file.name), \(file.checksum))
                """)
        }
        do {
            // One transaction with its bookkeeping for a file that is not DDL.
            try session.runText("START TRANSACTION")
            try session.runText(file.text)
        } catch  where isInterrupted && error.saysItIsDoneAlready {
            // DDL that was done when the run before this one was cut off.
        } catch  where error.kind == .connectionLost {
            throw MigrationError.failed(file: file.name, error)
        } catch {
            try session.runText("ROLLBACK")
            if !isInterrupted {
                _ = try session.run(
                    "DELETE FROM schema_migrations WHERE version = \(file.version)")
            }
            throw MigrationError.failed(file: file.name, error)
        }
        _ = try session.run(
            """
            UPDATE schema_migrations SET applied_at = UTC_TIMESTAMP(6)
            WHERE version = \(file.version)
            """)
        try session.runText("COMMIT")
    }
}

/// One file of ``Migrations``.
private struct Migration: Sendable {
    let version: Int
    let file: SchemaFile

    var name: String { file.name }
    var checksum: String { file.checksum }
    var text: String { file.text }

    /// The values of its row in `schema_migrations`, applied now.
    var row: SQL { "\(version), \(name), \(checksum), UTC_TIMESTAMP(6)" }
}

/// A row of `schema_migrations`.
private struct AppliedMigration {
    let version: Int
    let name: String
    let checksum: String
    let isComplete: Bool

    func matches(_ file: Migration) -> Bool {
        name == file.name && checksum == file.checksum
    }

    /// All rows, by version.
    static func all(on session: Session) throws -> [Int: AppliedMigration] {
        let outcome = try session.run(
            "SELECT version, name, checksum, applied_at IS NOT NULL FROM schema_migrations")
        let rows = try (0..<outcome.rowCount).map { index in
            let row = outcome.row(index)
            return try AppliedMigration(
                version: row.at(0), name: row.at(1), checksum: row.at(2), isComplete: row.at(3))
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.version, $0) })
    }
}

extension DatabaseConfiguration {
    /// For a session that may work for hours in one statement, or wait between two.
    fileprivate func patient(lockWaitSeconds: Int) -> DatabaseConfiguration {
        var configuration = self
        configuration.readTimeoutSeconds = 6 * 3_600
        configuration.lockWaitTimeoutSeconds = lockWaitSeconds
        configuration.idleTransactionTimeoutSeconds = 0
        return configuration
    }
}

extension DatabaseError {
    /// Whether the statement failed because what it makes is there, or what it drops is not.
    fileprivate var saysItIsDoneAlready: Bool {
        // Table, database, column, key, routine, constraint or trigger exists; nothing to drop.
        [1050, 1007, 1060, 1061, 1304, 1826, 1359, 1022, 1091, 1051, 1305, 1360].contains(code)
    }
}
