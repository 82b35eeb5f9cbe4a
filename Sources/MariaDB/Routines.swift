internal import FoundationEssentials

/// What is replaced whole: the views and procedures of the folder `routines` beside the migrations,
/// a file each, one statement `CREATE OR REPLACE …`.
///
/// Their files are edited where they stand. After the migrations each is run whose checksum is not
/// the one that the table `schema_routines` has for its name, in the order of the names; run again,
/// it makes the same. What has no file any more is forgotten, and dropped by a migration.
struct Routines: Sendable {
    let files: [SchemaFile]

    /// Reads the folder; none is none.
    init(folder: String, checksum: ([UInt8]) -> String) throws {
        guard FileManager.default.fileExists(atPath: folder) else {
            files = []
            return
        }
        files = try SchemaFile.names(in: folder).map { file in
            let routine = try SchemaFile(
                "\(folder)/\(file)", name: "routines/\(file.dropLast(4))", checksum: checksum)
            guard routine.text.contains("CREATE OR REPLACE ") else {
                throw MigrationError.notReplacing(file: routine.name)
            }
            return routine
        }
    }

    static let table = """
        CREATE TABLE IF NOT EXISTS schema_routines (
            name       VARCHAR(200) NOT NULL PRIMARY KEY,
            checksum   VARCHAR(64)  NOT NULL,
            applied_at DATETIME(6)  NOT NULL
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
        """

    /// Runs those that differ, and returns their names.
    ///
    /// - Parameter announce: called with each name before its file is run.
    func apply(on session: Session, announce: (String) throws -> Void) throws -> [String] {
        let applied = try Self.applied(on: session)
        let known = Set(files.map(\.name))
        for name in applied.keys where !known.contains(name) {
            _ = try session.run("DELETE FROM schema_routines WHERE name = \(name)")
        }
        let pending = files.filter { applied[$0.name] != $0.checksum }
        for file in pending {
            try announce(file.name)
            try apply(file, on: session)
        }
        return pending.map(\.name)
    }

    /// Runs all of them, whatever was run before.
    func applyAll(on session: Session) throws {
        for file in files { try apply(file, on: session) }
    }

    /// The names of those that are to be run.
    func pending(on session: Session) throws -> [String] {
        let hasTable = try session.run(
            """
            SELECT 1 FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_name = 'schema_routines'
            """)
        let applied = hasTable.values.isEmpty ? [:] : try Self.applied(on: session)
        return files.filter { applied[$0.name] != $0.checksum }.map(\.name)
    }

    private func apply(_ file: SchemaFile, on session: Session) throws {
        do {
            try session.runText(file.text)
        } catch {
            throw MigrationError.failed(file: file.name, error)
        }
        _ = try session.run(
            """
            INSERT INTO schema_routines (name, checksum, applied_at)
            VALUES (\(file.name), \(file.checksum), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE checksum = VALUES(checksum), applied_at = VALUES(applied_at)
            """)
    }

    /// The checksums of what was run, by name.
    private static func applied(on session: Session) throws -> [String: String] {
        let outcome = try session.run("SELECT name, checksum FROM schema_routines")
        let rows = try (0..<outcome.rowCount).map { index in
            (try outcome.row(index).at(0) as String, try outcome.row(index).at(1) as String)
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

/// A file of SQL in the schema's folder.
struct SchemaFile: Sendable {
    /// Without `.sql`.
    let name: String
    let checksum: String
    let text: String

    init(_ path: String, name: String, checksum: ([UInt8]) -> String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MigrationError.notUTF8(file: "\(name).sql")
        }
        self.name = name
        self.checksum = checksum(bytes)
        self.text = text
    }

    /// The names of the files in the folder that end in `.sql`, sorted.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".sql") }.sorted()
    }
}
