import DatabaseSupport
import MariaDB
import Synchronization
import Testing

/// What is left when the session is lost, at each place of a transaction (D3, D4).
extension TransactionTests {
    @Test func `an unexpected error closes the session, and the next use opens another`() throws {
        try withWallets { db, other in
            let session = try sessionID(db)
            let error = #expect(throws: DatabaseError.self) {
                try db.transaction {
                    try add(5, to: 1, db)
                    try db.execute("SELECT nothing FROM wallets")
                }
            }
            #expect(error?.kind == .other)
            #expect(error?.code == 1054)
            #expect(try balance(1, other) == 100)
            #expect(try sessionID(db) != session)
        }
    }

    @Test func `DDL inside a transaction is found out`() throws {
        try withWallets { db, _ in
            var tries = 0
            let error = #expect(throws: DatabaseError.self) {
                try db.transaction {
                    tries += 1
                    try db.execute("CREATE TABLE IF NOT EXISTS extra (id INT)")
                    try add(5, to: 1, db)
                }
            }
            #expect(error?.message == "the statement has ended the transaction")
            #expect(tries == 1)
            let left = try balance(1, db)
            #expect(left == 100)
        }
    }

    @Test func `a killed session is replaced before the next statement`() throws {
        try withWallets { db, other in
            let session = try #require(try sessionID(db))
            try other.execute("KILL CONNECTION \(session)")
            try waitForEnd(of: session, other)
            #expect(try sessionID(db) != session)
        }
    }

    // Invariant D4.
    @Test func `a session killed inside a transaction runs the whole transaction again`() throws {
        try withWallets { db, other in
            var tries = 0
            try db.transaction {
                tries += 1
                try add(5, to: 1, db)
                if tries == 1 {
                    let session = try #require(try sessionID(db))
                    try other.execute("KILL CONNECTION \(session)")
                    try waitForEnd(of: session, other)
                }
                try add(5, to: 2, db)
            }
            #expect(tries == 2)
            #expect(try balance(1, other) == 105)
            #expect(try balance(2, other) == 105)
        }
    }

    /// A COMMIT on another session would commit nothing, and say that all went well.
    @Test func `a session killed just before COMMIT runs the whole transaction again (D4)`() throws
    {
        try withWallets { db, other in
            var tries = 0
            try db.transaction {
                tries += 1
                try add(5, to: 1, db)
                guard tries == 1 else { return }
                let session = try #require(try sessionID(db))
                try other.execute("KILL \(session)")
                try waitForEnd(of: session, other)
            }
            #expect(tries == 2)
            #expect(try balance(1, other) == 105)
        }
    }

    @Test func `a session killed outside of a transaction fails the statement it was in`() throws {
        try withWallets { db, other in
            let session = try #require(try sessionID(db))
            let configuration = other.configuration
            let error = #expect(throws: DatabaseError.self) {
                _ = try inParallel(1) { _ in
                    let killing = Connection(configuration)
                    try wait(upTo: .seconds(60), "nothing to kill") {
                        try killing.first(
                            """
                            SELECT 1 AS one FROM information_schema.PROCESSLIST
                            WHERE ID = \(session) AND INFO LIKE '%SLEEP%'
                            """
                        ) { _ in true } != nil
                    }
                    try killing.execute("KILL CONNECTION \(session)")
                } whileRunning: {
                    try db.execute("DO SLEEP(20)")
                }
            }
            #expect(error?.kind == .connectionLost)
            #expect(try balance(1, db) == 100)
        }
    }

    @Test(arguments: [1047, 1180])
    func `a node that has lost its cluster has the transaction run again (D3, D9)`(
        number: Int
    ) throws {
        try withWallets { db, _ in
            try db.execute(
                """
                CREATE PROCEDURE fail_with(IN number INT)
                SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = number, MESSAGE_TEXT = 'not connected'
                """)
            var tries = 0
            try db.transaction {
                tries += 1
                try add(1, to: 1, db)
                if tries == 1 { try db.execute("CALL fail_with(\(number))") }
            }
            #expect(tries == 2)
            #expect(try balance(1, db) == 101)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `each operation happens once, however COMMIT is cut`(cut: CuttingProxy.Cut) throws {
        try withWallets { direct, _ in
            let proxy = try CuttingProxy(before: direct.configuration)
            let db = Connection(proxy.configuration(direct.configuration)) { _ in }
            var duplicates = 0
            for number in 1...20 {
                proxy.arm(cut, at: "COMMIT")
                do {
                    try db.transaction {
                        try db.execute("INSERT INTO ops VALUES (\("op:\(number)"))")
                        try add(1, to: 1, db)
                    }
                } catch let error as DatabaseError {
                    // It was committed, and the second try found it.
                    #expect(error.kind == .duplicateKey(constraint: "ops_key_unique"))
                    duplicates += 1
                }
            }
            #expect(proxy.cutCount == 20)
            #expect(try direct.first("SELECT COUNT(*) AS c FROM ops") { try $0("c") } == 20)
            #expect(try balance(1, direct) == 120)
            switch cut {
            case .beforeForwarding: #expect(duplicates == 0)
            case .afterForwarding: break
            case .afterAnswer: #expect(duplicates == 20)
            }
        }
    }

    @Test(arguments: ["START TRANSACTION", "INSERT INTO ops", "UPDATE wallets", "ROLLBACK"])
    func `a transaction heals, wherever its connection is cut`(text: String) throws {
        try withWallets { direct, _ in
            let proxy = try CuttingProxy(before: direct.configuration)
            for (number, cut) in CuttingProxy.Cut.allCases.enumerated() {
                // A new connection, since the text of a prepared statement is sent only once.
                let db = Connection(proxy.configuration(direct.configuration)) { _ in }
                proxy.arm(cut, at: text)
                _ = try? db.transaction {
                    try add(100, to: 1, db)
                    throw Refusal()
                }
                try db.transaction {
                    try db.execute("INSERT INTO ops VALUES (\("op:\(number)"))")
                    try add(1, to: 1, db)
                }
            }
            #expect(proxy.cutCount == 3)
            #expect(try balance(1, direct) == 103)
        }
    }

    @Test func `nothing acknowledged is lost or done twice when the server is killed`() throws {
        let server = try PrivateServer()
        var configuration = try server.configuration
        configuration.database = "faults"
        try configuration.createDatabase()
        try makeTables(configuration)

        let acknowledged = Atomic<Int>(0)
        let rounds = 3
        let perWorker = 60
        let workers = 4
        let target = configuration
        _ = try inParallel(workers) { worker in
            let db = Connection(target)
            for number in 1...perWorker {
                // A caller tries again with the same key until it knows.
                try wait(upTo: .seconds(60), "the connection does not heal") {
                    do throws(DatabaseError) {
                        try operate("\(worker):\(number)", db)
                    } catch {
                        if error.isPassing { return false }
                        guard case .duplicateKey = error.kind else { throw error }
                    }
                    return true
                }
                acknowledged.add(1, ordering: .relaxed)
            }
        } whileRunning: {
            for round in 1...rounds {
                try wait(upTo: .seconds(60), "no operation gets through") {
                    acknowledged.load(ordering: .relaxed) >= round * 50
                }
                try server.kill()
                try server.start()
            }
        }

        let db = Connection(configuration)
        let count = workers * perWorker
        #expect(acknowledged.load(ordering: .relaxed) == count)
        #expect(try db.first("SELECT COUNT(*) AS c FROM ops") { try $0("c") } == count)
        #expect(try balance(1, db) == 100 + count)
        try server.kill()
        try server.start()
        // No error is seen where the server was only gone between two statements.
        #expect(try balance(1, db) == 100 + count)
    }
}
