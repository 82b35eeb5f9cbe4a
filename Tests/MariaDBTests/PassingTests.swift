import DatabaseSupport
import Testing

@testable import MariaDB

/// What passes by itself: judged by number in one place, provoked on a real server where that can
/// be done, and over for the same connection once the server is well.
@Suite struct `D3 D4 conditions that pass` {
    private func withServer(_ body: (GuardedServer, Connection) throws -> Void) throws {
        let server = try GuardedServer(migrated: nil)
        try server.root.execute("CREATE TABLE notes (id INT PRIMARY KEY)")
        try server.root.execute("INSERT INTO notes VALUES (1)")
        try body(server, Connection(server.application))
    }

    private func failure(
        _ code: Int, _ kind: DatabaseError.Kind, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) {
        let error = #expect(throws: DatabaseError.self, sourceLocation: sourceLocation) {
            try body()
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.kind == kind, sourceLocation: sourceLocation)
        #expect(error?.isPassing == true, sourceLocation: sourceLocation)
    }

    private func sessionID(_ db: Connection) throws -> Int? {
        try db.first("SELECT CONNECTION_ID() AS id") { try $0("id") as Int }
    }

    @Test(arguments: [
        1020, 1021, 1026, 1037, 1040, 1041, 1047, 1053, 1114, 1129, 1135, 1158, 1180, 1203, 1205,
        1206, 1213, 1226, 1243, 1290, 1317, 1412, 1461, 1615, 1637, 1792, 1836, 1927, 1969, 2002,
        2003, 2005, 2006, 2013, 2055, 5013, 5014,
    ])
    func `this number passes`(code: Int) {
        let error = DatabaseError(code: code, sqlState: "HY000", message: "m", statement: "s")
        #expect(error.isPassing)
    }

    @Test(arguments: [1021, 1040, 1047, 1053, 1114, 1203, 1290, 1461, 1836, 1927, 2002, 2013])
    func `this number may meet whoever comes next`(code: Int) {
        let error = DatabaseError(code: code, sqlState: "HY000", message: "m", statement: "s")
        #expect(error.isOutage)
    }

    @Test(arguments: [1020, 1062, 1064, 1205, 1213, 1317, 1412, 1452, 1615, 1969])
    func `this number is of one row or one statement`(code: Int) {
        let error = DatabaseError(code: code, sqlState: "HY000", message: "m", statement: "s")
        #expect(!error.isOutage)
    }

    @Test(arguments: [1054, 1062, 1064, 1142, 1146, 1264, 1364, 1406, 1452, 1644, 2014, 4025])
    func `this number is ours to mend`(code: Int) {
        let error = DatabaseError(code: code, sqlState: "HY000", message: "m", statement: "s")
        #expect(!error.isPassing)
    }

    @Test func `a read-only server refuses writes for now, and reads go on (1290)`() throws {
        try withServer { server, db in
            let before = try sessionID(db)
            try server.root.execute("SET GLOBAL read_only = 1")
            failure(1290, .refusedForNow) {
                try db.execute("UPDATE notes SET id = 2 WHERE id = 1")
            }
            #expect(try sessionID(db) != before, "the next session may reach another server")
            #expect(try db.query("SELECT id FROM notes") { try $0("id") as Int } == [1])
            try server.root.execute("SET GLOBAL read_only = 0")
            try db.execute("UPDATE notes SET id = 2 WHERE id = 1")
        }
    }

    @Test func `a transaction goes on as soon as another session takes writes`() throws {
        let server = try GuardedServer(migrated: nil)
        try server.root.execute("CREATE TABLE notes (id INT PRIMARY KEY)")
        try server.root.execute("SET GLOBAL read_only = 1")
        var pauses = 0
        let db = Connection(server.application) { _ in
            pauses += 1
            _ = try? server.root.execute("SET GLOBAL read_only = 0")
        }
        try db.transaction { _ = try db.execute("INSERT INTO notes VALUES (7)") }
        #expect(pauses == 1)
        #expect(try db.query("SELECT id FROM notes") { try $0("id") as Int } == [7])
    }

    @Test func `a server that stays read-only is not asked for long`() throws {
        try withServer { server, _ in
            try server.root.execute("SET GLOBAL read_only = 1")
            var pauses = 0
            let db = Connection(server.application) { _ in pauses += 1 }
            failure(1290, .refusedForNow) {
                try db.transaction { _ = try db.execute("INSERT INTO notes VALUES (7)") }
            }
            #expect(pauses == 2)
        }
    }

    @Test func `read-only transactions are the server's mood, in a snapshot our mistake (1792)`()
        throws
    {
        try withServer { server, db in
            try server.root.execute("SET GLOBAL tx_read_only = 1")
            failure(1792, .refusedForNow) { try db.execute("INSERT INTO notes VALUES (2)") }
            try server.root.execute("SET GLOBAL tx_read_only = 0")
            // The setting is a session's own: the next one has the new one.
            try db.execute("INSERT INTO notes VALUES (2)")

            let error = #expect(throws: DatabaseError.self) {
                try db.snapshot { _ = try db.execute("INSERT INTO notes VALUES (3)") }
            }
            #expect(error?.code == 1792)
            #expect(error?.isPassing == false)
        }
    }

    @Test func `a server full of prepared statements gets those of the session back (1461)`() throws
    {
        try withServer { server, db in
            // Prepared while there is room, to be run when there is none.
            try server.root.execute("SET GLOBAL max_prepared_stmt_count = 1000")
            #expect(try db.query("SELECT id FROM notes") { try $0("id") as Int } == [1])
            try server.root.execute("SET GLOBAL max_prepared_stmt_count = 1")
            failure(1461, .refusedForNow) { try db.execute("UPDATE notes SET id = 1 WHERE id = 9") }
            try server.root.execute("SET GLOBAL max_prepared_stmt_count = 1000")
            try db.execute("UPDATE notes SET id = 3 WHERE id = 1")
        }
    }

    @Test func `a killed statement, and one beyond the limit, may be made again (1317, 1969)`()
        throws
    {
        try withServer { server, db in
            let id = try #require(try sessionID(db))
            try server.root.execute(
                """
                CREATE PROCEDURE end_statement(IN session BIGINT)
                BEGIN EXECUTE IMMEDIATE CONCAT('KILL QUERY ', session); END
                """)
            let owner = server.owner
            _ = try inParallel(1) { _ in
                let root = Connection(owner)
                try wait(upTo: .seconds(60), "the statement did not begin") {
                    try root.query(
                        """
                        SELECT 1 FROM information_schema.processlist
                        WHERE id = \(id) AND info LIKE 'SELECT SLEEP%'
                        """, { _ in true }
                    ).isEmpty == false
                }
                try root.execute("CALL end_statement(\(id))")
            } whileRunning: {
                failure(1317, .refusedForNow) { _ = try db.execute("SELECT SLEEP(20) FROM notes") }
            }
            try server.root.execute("SET GLOBAL max_statement_time = 0.05")
            let hurried = Connection(server.application)
            failure(1969, .refusedForNow) {
                _ = try hurried.execute("SELECT SLEEP(20) FROM notes")
            }
        }
    }

    @Test func `a full server opens no session, and does once there is room (1040, 1226)`()
        throws
    {
        try withServer { server, _ in
            try server.root.execute("SET GLOBAL max_connections = 10")
            var open: [Connection] = []
            var refused: DatabaseError?
            for _ in 0..<12 where refused == nil {
                let db = Connection(server.application)
                do throws(DatabaseError) {
                    try db.execute("DO 1")
                    open.append(db)
                } catch {
                    refused = error
                }
            }
            #expect(refused?.code == 1040)
            #expect(refused?.kind == .unavailable)
            #expect(refused?.isPassing == true)
            open = []
            try server.root.execute("SET GLOBAL max_connections = 100")
            let first = Connection(server.application)
            try wait(upTo: .seconds(60), "no room") { (try? first.execute("DO 1")) != nil }

            try server.root.execute("ALTER USER app@localhost WITH MAX_USER_CONNECTIONS 1")
            let second = Connection(server.application)
            try second.execute("DO 1")
            let third = Connection(server.application)
            failure(1226, .unavailable) { try third.execute("DO 1") }
            try server.root.execute("ALTER USER app@localhost WITH MAX_USER_CONNECTIONS 0")
            try third.execute("DO 1")
        }
    }
}
