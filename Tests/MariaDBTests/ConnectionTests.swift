import DatabaseSupport
import MariaDB
import Testing

struct ConnectionTests {
    @Test func `an injection attempt is only a value (D5)`() throws {
        try withDatabase(migrated: nil) { db in
            let attempt = "' OR 1=1; DROP TABLE users; -- "
            let found = try db.first("SELECT 1 AS one FROM DUAL WHERE 'x' = \(attempt)") { _ in 1 }
            #expect(found == nil)
            #expect(try db.first("SELECT \(attempt) AS v") { try $0("v") } == attempt)
        }
    }

    @Test func `two statements in one are refused (D5)`() throws {
        try withDatabase(migrated: nil) { db in
            #expect(throws: DatabaseError.self) { try db.execute("DO 1; DO 2") }
        }
    }

    @Test func `the same interpolation is prepared once`() throws {
        try withDatabase(migrated: nil) { db in
            func prepared() throws -> Int? {
                try db.first("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'") { try $0("Value") }
            }
            _ = try prepared()
            let before = try #require(try prepared())
            for number in 1...10 {
                _ = try db.first("SELECT \(number) AS n, \("x") AS x") { try $0("n") as Int }
            }
            #expect(try prepared() == before + 1)
        }
    }

    @Test func `no more than 96 statements stay prepared`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let db = Connection(configuration)
            try db.execute("DO 1")
            var condition: SQL = "1"
            for _ in 1...300 {
                condition = "\(sql: condition) + 1"
                try db.execute("DO \(sql: condition)")
            }
            let open = try db.first(
                """
                SELECT VARIABLE_VALUE AS v FROM information_schema.SESSION_STATUS
                WHERE VARIABLE_NAME = 'Com_stmt_close'
                """
            ) { try $0("v") as Int }
            // 1 and 300 of the loop and this one, less 96.
            #expect(open == 206)
        }
    }

    @Test func `a statement that its table outgrew gives the new columns`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let db = Connection(configuration)
            try db.execute("CREATE TABLE t (a INT)")
            try db.execute("INSERT INTO t VALUES (7)")
            func read<T: SQLConvertible>() throws -> T? {
                try db.first("SELECT a FROM t") { try $0("a") }
            }
            #expect(try read() == 7)
            try db.execute("ALTER TABLE t MODIFY a VARCHAR(600)")
            #expect(try read() == "7")
            try db.execute("UPDATE t SET a = \(String(repeating: "x", count: 600))")
            #expect(try read() == String(repeating: "x", count: 600))
        }
    }

    @Test func `an update counts the rows it found, changed or not`() throws {
        try withTable { db in
            try db.execute("INSERT INTO t VALUES (1, 5), (2, 5)")
            #expect(try db.execute("UPDATE t SET n = 5 WHERE id = 1") == 1)
            #expect(try db.execute("UPDATE t SET n = 5") == 2)
            #expect(try db.execute("UPDATE t SET n = 5 WHERE id = 3") == 0)
        }
    }

    @Test func `columns are found by name in any order`() throws {
        try withDatabase(migrated: nil) { db in
            let row = try db.first("SELECT 1 AS a, 2 AS b, 3 AS abc") { row in
                [try row("abc"), try row("a"), try row("b"), try row("b"), try row.at(2)] as [Int]
            }
            #expect(row == [3, 1, 2, 2, 3])
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT 1 AS a") { try $0("ab") as Int }
            }
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT 1 AS a") { try $0.at(1) as Int }
            }
        }
    }

    @Test func `rows may be read while others are asked for`() throws {
        try withTable { db in
            try db.execute("INSERT INTO t VALUES (1, 10), (2, 20)")
            let pairs = try db.query("SELECT id FROM t ORDER BY id") { row in
                let id: Int = try row("id")
                return try db.first("SELECT n FROM t WHERE id = \(id)") { try $0("n") as Int }
            }
            #expect(pairs == [10, 20])
        }
    }

    @Test func `a procedure gives its first result and leaves the connection in step`() throws {
        try withTable { db in
            try db.execute(
                """
                CREATE PROCEDURE p(IN x INT)
                BEGIN
                    INSERT INTO t VALUES (x, x);
                    SELECT x + 1 AS a;
                    SELECT x + 2 AS b, 'second' AS c;
                END
                """)
            for number in 1...3 {
                #expect(
                    try db.query("CALL p(\(number))") { try $0("a") as Int } == [number + 1])
                try db.execute("CALL p(\(number + 100))")
            }
            #expect(try db.first("SELECT COUNT(*) AS c FROM t") { try $0("c") } == 6)
        }
    }

    @Test func `a failing statement tells its text and number but not its values`() throws {
        try withTable { db in
            let secret = "hunter2"
            for statement in [
                "INSERT INTO t VALUES (1, \(secret))", "SELECT * FROM nowhere WHERE a = \(secret)",
                "INSERT INTO t SELECT \(secret), 1", "DO CAST(\(secret) AS DATETIME), x'zz'",
            ] as [SQL] {
                let error = #expect(throws: DatabaseError.self) { try db.execute(statement) }
                #expect(error?.code != 0)
                #expect(error?.statement == statement.text)
                #expect(error?.description.contains(secret) == false)
            }
        }
    }

    @Test func `a duplicate key names its constraint and not the value`() throws {
        try withTable { db in
            try db.execute("CREATE TABLE u (k VARCHAR(40), CONSTRAINT u_k_unique UNIQUE (k))")
            let value = "it's for key 'mine'"
            try db.execute("INSERT INTO u VALUES (\(value))")
            let error = #expect(throws: DatabaseError.self) {
                try db.execute("INSERT INTO u VALUES (\(value))")
            }
            #expect(error?.kind == .duplicateKey(constraint: "u_k_unique"))
            #expect(error?.description.contains("mine") == false)
            let primary = #expect(throws: DatabaseError.self) {
                try db.execute("INSERT INTO t VALUES (1, 1), (1, 1)")
            }
            #expect(primary?.kind == .duplicateKey(constraint: "PRIMARY"))
        }
    }

    @Test func `a violated CHECK and FOREIGN KEY are named`() throws {
        try withTable { db in
            let negative = #expect(throws: DatabaseError.self) {
                try db.execute("INSERT INTO t VALUES (1, -1)")
            }
            #expect(negative?.kind == .constraint("t_n_not_negative"))
            try db.execute(
                """
                CREATE TABLE c (
                    id INT PRIMARY KEY,
                    CONSTRAINT c_t_exists FOREIGN KEY (id) REFERENCES t (id)
                )
                """)
            let orphan = #expect(throws: DatabaseError.self) {
                try db.execute("INSERT INTO c VALUES (9)")
            }
            #expect(orphan?.kind == .constraint("c_t_exists"))
            try db.execute("INSERT INTO t VALUES (9, 0)")
            try db.execute("INSERT INTO c VALUES (9)")
            let parent = #expect(throws: DatabaseError.self) { try db.execute("DELETE FROM t") }
            #expect(parent?.kind == .constraint("c_t_exists"))
        }
    }

    @Test func `each session has the settings that the rules ask for (D1, D7)`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let db = Connection(configuration)
            let settings = try db.first(
                """
                SELECT @@tx_isolation AS isolation, @@time_zone AS zone, @@autocommit AS autocommit,
                    @@innodb_lock_wait_timeout AS wait, @@idle_transaction_timeout AS idle,
                    @@innodb_snapshot_isolation AS snapshot, @@character_set_connection AS charset,
                    @@sql_mode AS mode
                """
            ) { row in
                let names: [StaticString] = [
                    "isolation", "zone", "autocommit", "wait", "idle", "snapshot", "charset",
                ]
                let mode: String = try row("mode")
                #expect(mode.contains("STRICT_ALL_TABLES"))
                return try names.map { name in
                    switch try row(name) as SQLValue {
                    case .text(let text): text
                    case .integer(let integer): "\(integer)"
                    default: "?"
                    }
                }
            }
            #expect(
                settings == ["READ-COMMITTED", "+00:00", "1", "5", "10", "1", "utf8mb4"])
        }
    }

    @Test func `an account without any privilege gets the same session`() throws {
        let server = try TestDatabases.shared.configuration()
        let administrator = Connection(server)
        try administrator.execute("CREATE OR REPLACE USER rushes_plain@localhost")
        defer { _ = try? administrator.execute("DROP USER rushes_plain@localhost") }
        var configuration = server
        configuration.user = "rushes_plain"
        configuration.password = ""
        let isolation = try Connection(configuration).first("SELECT @@tx_isolation AS i") {
            try $0("i") as String
        }
        #expect(isolation == "READ-COMMITTED")
    }

    @Test func `no file of ours can be asked for`() throws {
        try withTable { db in
            #expect(throws: DatabaseError.self) {
                try db.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t")
            }
        }
    }

    @Test func `a server that is not there is unavailable`() throws {
        var configuration = try DatabaseConfiguration(
            url: "mariadb://root@localhost/?socket=/nonexistent")
        configuration.connectTimeoutSeconds = 1
        let db = Connection(configuration) { _ in }
        let error = #expect(throws: DatabaseError.self) { try db.execute("DO 1") }
        #expect(error?.kind == .unavailable)
    }

    @Test func `a refused login is unavailable, and is not tried again`() throws {
        var configuration = try TestDatabases.shared.configuration()
        configuration.user = "nobody"
        var pauses = 0
        let db = Connection(configuration) { _ in pauses += 1 }
        let error = #expect(throws: DatabaseError.self) { try db.transaction { 1 } }
        #expect(error?.kind == .unavailable)
        #expect(pauses == 0)
    }

    @Test func `an answer that takes too long is a lost connection (D4)`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            var configuration = configuration
            configuration.readTimeoutSeconds = 1
            let db = Connection(configuration)
            let error = #expect(throws: DatabaseError.self) { try db.execute("DO SLEEP(20)") }
            #expect(error?.kind == .connectionLost)
            try db.execute("DO 1")
        }
    }

    /// Runs `body` with a table `t (id, n)`.
    private func withTable(_ body: (Connection) throws -> Void) throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let db = Connection(configuration)
            try db.execute(
                """
                CREATE TABLE t (
                    id INT PRIMARY KEY, n INT NOT NULL,
                    CONSTRAINT t_n_not_negative CHECK (n >= 0)
                )
                """)
            try body(db)
        }
    }
}
