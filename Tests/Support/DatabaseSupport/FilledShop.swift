import FoundationEssentials
package import MariaDB
import System

/// A server of its own with a shop as `Tests/Benchmarks/fill.sql` makes it, and the plans of the
/// statements that run there.
package final class FilledShop: Sendable {
    package let configuration: DatabaseConfiguration
    private let server: PrivateServer

    /// - Parameters:
    ///   - jobs: how many videos have ended.
    ///   - queued: how many wait, of as many accounts as there are.
    ///   - due: how many are at the vendor, whose status is to be asked.
    package init(jobs: Int, queued: Int, due: Int) throws {
        server = try PrivateServer()
        var configuration = try server.configuration
        configuration.database = "filled"
        self.configuration = configuration
        try configuration.createDatabase()
        try Migrations(folder: schemaFolder, checksum: testChecksum).applyAll(
            toEmpty: configuration)
        let file = schemaFolder.utf8.dropLast("schema".utf8.count)
        _ = try client("source \(String(Substring(file)))Tests/Benchmarks/fill.sql")
        _ = try client("CALL fill_shop(\(jobs), \(queued), \(due))")
        // As the server does by itself where a table has changed much, a while later.
        _ = try client("ANALYZE TABLE video_jobs, ledger_entries, transactions, credit_lots")
    }

    /// The statements that `body` runs on a connection of its own, each once, with the values in it.
    package func statements(of body: (Connection) throws -> Void) throws -> [String] {
        let db = Connection(configuration)
        let number =
            try db.first("SELECT CONNECTION_ID() AS id") { row in try row("id") as Int } ?? 0
        _ = try client(
            "SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = ON"
        )
        try body(db)
        _ = try client("SET GLOBAL general_log = OFF")
        let log = try client(
            """
            SELECT DISTINCT REPLACE(CONVERT(argument USING utf8mb4), '\\n', ' ') FROM mysql.general_log
            WHERE thread_id = \(number) AND command_type IN ('Execute', 'Query')
            """)
        // What a routine runs is logged as a query of its own, with its variables.
        return log.split(separator: "\n").filter { line in
            ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].contains { line.hasPrefix($0) }
        }.map { String($0).replacing(#/\sINTO [a-z_, ]+ FROM\s/#, with: " FROM ") }
    }

    /// What the server says of how it would run each statement: a JSON text for each.
    package func plans(of statements: [String]) throws -> [String] {
        let explained = statements.map { "EXPLAIN FORMAT=JSON \($0);\nSELECT '====';" }
        let file = "/tmp/rushes-plans-\(UUID())"
        try Data(explained.joined(separator: "\n").utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try client("source \(file)").split(
            separator: "\n====\n", omittingEmptySubsequences: false
        )
        .dropLast().map(String.init)
    }

    /// What the server's own client prints for these statements.
    private func client(_ statements: String) throws -> String {
        let result = try Command.run(
            "mariadb",
            [
                "--no-defaults", "--user=root", "--socket=\(server.socket)", "--skip-column-names",
                "--raw", "--batch", "--default-character-set=utf8mb4",
                "--execute=\(statements)", "filled",
            ], timeout: .seconds(300), outputLimit: 50_000_000)
        guard result.isSuccess else {
            throw TestServerError(String(decoding: result.errorOutput, as: UTF8.self))
        }
        return String(decoding: result.output, as: UTF8.self)
    }
}
