package import MariaDB
package import System

/// A server of a test's own, with the shop's tables, whose root may do to it what an operator or a
/// failover would; and an account that may do no more than the application.
package final class GuardedServer {
    /// What makes a server refuse, and what ends it.
    package struct Refusal: Sendable {
        package let name: String
        let begin: SQL
        let end: SQL

        package static let all = [
            Refusal(
                name: "read-only", begin: "SET GLOBAL read_only = 1",
                end: "SET GLOBAL read_only = 0"),
            Refusal(
                name: "no prepared statements", begin: "SET GLOBAL max_prepared_stmt_count = 0",
                end: "SET GLOBAL max_prepared_stmt_count = 16382"),
            Refusal(
                name: "read-only transactions", begin: "SET GLOBAL tx_read_only = 1",
                end: "SET GLOBAL tx_read_only = 0"),
            Refusal(
                name: "no sessions", begin: "ALTER USER app@localhost WITH MAX_QUERIES_PER_HOUR 1",
                end: "ALTER USER app@localhost WITH MAX_QUERIES_PER_HOUR 0"),
        ]
    }

    private let server: PrivateServer
    package let root: Connection
    package let owner: DatabaseConfiguration
    package let application: DatabaseConfiguration

    package init(migrated folder: String? = schemaFolder) throws {
        server = try PrivateServer()
        var owner = try server.configuration
        owner.database = "guarded"
        try owner.createDatabase()
        if let folder {
            try Migrations(folder: folder, checksum: testChecksum).applyAll(toEmpty: owner)
        }
        self.owner = owner
        root = Connection(owner)
        try root.execute("CREATE USER app@localhost IDENTIFIED BY 'x'")
        try root.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON guarded.* TO app@localhost")
        try root.execute(
            """
            CREATE PROCEDURE end_sessions()
            BEGIN
                DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
                FOR session IN (
                    SELECT id FROM information_schema.processlist WHERE user = 'app'
                ) DO
                    EXECUTE IMMEDIATE CONCAT('KILL ', session.id);
                END FOR;
            END
            """)
        var application = owner
        application.user = "app"
        application.password = "x"
        self.application = application
    }

    /// Refuses from now on for a while, new sessions too. The thread returned ends it.
    package func refuse(
        _ refusal: Refusal, for span: Duration = .milliseconds(700)
    ) throws -> WorkerThread {
        let owner = owner
        let root = Connection(owner)
        // Prepared before, for a server that prepares no more.
        try root.execute(refusal.end)
        try root.execute("CALL end_sessions()")
        try root.execute(refusal.begin)
        let ender = Ender(root, refusal.end)
        return try WorkerThread.start(name: "refusal") {
            CurrentThread.sleep(for: span)
            ender.end()
        }
    }
}

/// A connection that goes to another thread and is used there alone.
private final class Ender: @unchecked Sendable {
    private let root: Connection
    private let statement: SQL

    init(_ root: Connection, _ statement: SQL) {
        self.root = root
        self.statement = statement
    }

    func end() {
        do {
            try root.execute(statement)
        } catch {
            preconditionFailure("the refusal cannot be ended: \(error)")
        }
    }
}
