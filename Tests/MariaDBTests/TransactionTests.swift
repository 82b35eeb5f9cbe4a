import DatabaseSupport
import MariaDB
import Synchronization
import Testing

/// The table of D3, row by row: what each error leaves of a transaction, and what is done.
struct TransactionTests {
    private struct Refusal: Error, Equatable {}

    @Test func `a transaction that returns is committed`() throws {
        try withWallets { db, other in
            let result = try db.transaction {
                try add(5, to: 1, db)
                #expect(try balance(1, other) == 100)
                return "done"
            }
            #expect(result == "done")
            #expect(try balance(1, other) == 105)
        }
    }

    @Test func `an error of the body undoes everything and keeps the connection`() throws {
        try withWallets { db, other in
            let session = try sessionID(db)
            var tries = 0
            #expect(throws: Refusal()) {
                try db.transaction {
                    tries += 1
                    try add(5, to: 1, db)
                    throw Refusal()
                }
            }
            #expect(tries == 1)
            #expect(try balance(1, other) == 100)
            #expect(try sessionID(db) == session)
            try db.execute("UPDATE wallets SET balance = 7 WHERE id = 1")
            #expect(try balance(1, other) == 7)
        }
    }

    @Test func `an error inside a savepoint undoes only what was done in it`() throws {
        try withWallets { db, other in
            try db.transaction {
                try add(1, to: 1, db)
                try db.transaction { try add(2, to: 1, db) }
                do {
                    try db.transaction {
                        try add(4, to: 1, db)
                        try db.transaction { try add(8, to: 1, db) }
                        throw Refusal()
                    }
                } catch is Refusal {}
                try add(32, to: 1, db)
            }
            #expect(try balance(1, other) == 100 + 1 + 2 + 32)
        }
    }

    @Test func `a duplicate key inside a savepoint leaves the rest as it is`() throws {
        try withWallets { db, other in
            var kind: DatabaseError.Kind?
            try db.transaction {
                try add(1, to: 1, db)
                do {
                    try db.transaction {
                        try add(2, to: 1, db)
                        try db.execute("INSERT INTO wallets VALUES (1, 0)")
                    }
                } catch let error as DatabaseError {
                    kind = error.kind
                }
                try add(4, to: 1, db)
            }
            #expect(kind == .duplicateKey(constraint: "PRIMARY"))
            #expect(try balance(1, other) == 105)
        }
    }

    @Test func `a deadlock runs the whole transaction again`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            let meeting = Meeting(of: 2)
            let tries = try inParallel(2) { number in
                let db = Connection(configuration)
                var tries = 0
                try db.transaction {
                    tries += 1
                    try db.execute("INSERT INTO ops VALUES (\("\(number)"))")
                    try add(1, to: number + 1, db)
                    // Each holds one row and asks for the other's.
                    if tries == 1 { try meeting.wait() }
                    try add(10, to: 2 - number, db)
                }
                return tries
            }
            #expect(tries.reduce(0, +) == 3)
            let db = Connection(configuration)
            #expect(try balance(1, db) == 111)
            #expect(try balance(2, db) == 111)
            #expect(try db.first("SELECT COUNT(*) AS c FROM ops") { try $0("c") } == 2)
        }
    }

    @Test func `a deadlock inside a savepoint runs the outermost transaction again`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            let meeting = Meeting(of: 2)
            let tries = try inParallel(2) { number in
                let db = Connection(configuration)
                var tries = (outer: 0, inner: 0)
                try db.transaction {
                    tries.outer += 1
                    try add(1, to: number + 1, db)
                    if tries.outer == 1 { try meeting.wait() }
                    try db.transaction {
                        tries.inner += 1
                        try add(10, to: 2 - number, db)
                    }
                }
                return [tries.outer, tries.inner]
            }
            #expect(tries[0][0] + tries[1][0] == 3)
            #expect(tries[0][1] + tries[1][1] == 3)
            let db = Connection(configuration)
            #expect(try balance(1, db) == 111)
            #expect(try balance(2, db) == 111)
        }
    }

    @Test func `a body that swallows a deadlock commits nothing of that try`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            let meeting = Meeting(of: 2)
            let swallowed = try inParallel(2) { number in
                let db = Connection(configuration)
                var tries = 0
                var swallowed = 0
                try db.transaction {
                    tries += 1
                    try add(1, to: number + 1, db)
                    if tries == 1 { try meeting.wait() }
                    do {
                        try add(10, to: 2 - number, db)
                    } catch {
                        swallowed += 1
                        // The server would run this one on its own, outside of any transaction.
                        #expect(throws: DatabaseError.self) { try add(1_000, to: 1, db) }
                    }
                }
                return swallowed
            }
            #expect(swallowed.reduce(0, +) == 1)
            let db = Connection(configuration)
            #expect(try balance(1, db) == 111)
            #expect(try balance(2, db) == 111)
        }
    }

    @Test func `a lock timeout rolls back and runs the whole transaction again`() throws {
        try withWallets { holder, _ in
            var configuration = holder.configuration
            configuration.lockWaitTimeoutSeconds = 1
            try holder.execute("START TRANSACTION")
            try add(1, to: 2, holder)
            var pauses: [Duration] = []
            let db = Connection(configuration) { pause in
                pauses.append(pause)
                _ = try? holder.execute("COMMIT")
            }
            var tries = 0
            try db.transaction {
                tries += 1
                try add(1, to: 1, db)
                try add(1, to: 2, db)
            }
            #expect(tries == 2)
            #expect(pauses.count == 1)
            #expect(try balance(1, holder) == 101)
            #expect(try balance(2, holder) == 102)
        }
    }

    @Test func `after eight tries the lock timeout is thrown and nothing is done`() throws {
        try withWallets { holder, _ in
            var configuration = holder.configuration
            configuration.lockWaitTimeoutSeconds = 0
            try holder.execute("START TRANSACTION")
            try add(1, to: 2, holder)
            var pauses: [Duration] = []
            let db = Connection(configuration) { pauses.append($0) }
            var tries = 0
            let error = #expect(throws: DatabaseError.self) {
                try db.transaction {
                    tries += 1
                    try add(1, to: 1, db)
                    try add(1, to: 2, db)
                }
            }
            #expect(error?.kind == .lockTimeout)
            #expect(tries == 8)
            #expect(pauses.count == 7)
            #expect(pauses.allSatisfy { .milliseconds(1)...(.milliseconds(320)) ~= $0 })
            #expect(try balance(1, db) == 100)
            try holder.execute("ROLLBACK")
        }
    }

    @Test func `a record that changed since the snapshot runs the whole transaction again`() throws
    {
        try withWallets { db, other in
            // Our own transactions are READ COMMITTED; this is the stray one.
            try db.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            var codes: [Int] = []
            try db.transaction {
                let before = try #require(try balance(1, db))
                if codes.isEmpty { try add(50, to: 1, other) }
                do throws(DatabaseError) {
                    try db.execute("UPDATE wallets SET balance = \(before - 30) WHERE id = 1")
                } catch {
                    codes.append(error.code)
                    throw error
                }
            }
            #expect(codes == [1020])
            #expect(try balance(1, other) == 120)
        }
    }

    @Test func `a duplicate operation undoes its transaction and names the constraint`() throws {
        try withWallets { db, other in
            func operate() throws {
                try db.transaction {
                    try add(5, to: 1, db)
                    try db.execute("INSERT INTO ops VALUES (\("job:hold:1"))")
                }
            }
            try operate()
            let session = try sessionID(db)
            let error = #expect(throws: DatabaseError.self) { try operate() }
            #expect(error?.kind == .duplicateKey(constraint: "ops_key_unique"))
            #expect(try balance(1, other) == 105)
            #expect(try sessionID(db) == session)
        }
    }

    @Test func `a full disk undoes the transaction and is not tried again`() throws {
        try withWallets { db, other in
            // A full table in memory gives the number (1114) that a full disk gives.
            try db.execute("SET SESSION max_heap_table_size = 16384")
            try db.execute("CREATE TABLE small (a CHAR(200)) ENGINE = MEMORY")
            var tries = 0
            let error = #expect(throws: DatabaseError.self) {
                try db.transaction {
                    tries += 1
                    try add(5, to: 1, db)
                    for _ in 1...1_000 { try db.execute("INSERT INTO small VALUES ('x')") }
                }
            }
            #expect(error?.kind == .diskFull)
            #expect(error?.code == 1114)
            #expect(tries == 1)
            #expect(try balance(1, other) == 100)
        }
    }

    // Invariant D4.
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
                        switch error.kind {
                        case .duplicateKey: break
                        case .connectionLost, .unavailable: return false
                        default: throw error
                        }
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

    @Test func `a snapshot sees one instant and cannot write (D1)`() throws {
        try withWallets { db, other in
            try db.snapshot {
                try add(5, to: 1, other)
                #expect(try balance(1, db) == 100)
                try add(5, to: 1, other)
                #expect(try balance(1, db) == 100)
            }
            #expect(try balance(1, db) == 110)
            let error = #expect(throws: DatabaseError.self) {
                try db.snapshot { try add(1, to: 1, db) }
            }
            #expect(error?.code == 1792)
            try db.transaction { try add(1, to: 1, db) }
            #expect(try balance(1, db) == 111)
        }
    }

    @Test func `a snapshot inside a transaction sees what that one sees`() throws {
        try withWallets { db, _ in
            try db.transaction {
                try add(5, to: 1, db)
                #expect(try db.snapshot { try balance(1, db) } == 105)
            }
        }
    }

    @Test func `parallel guarded updates take exactly what there is`() throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            let taken = try inParallel(8) { _ in
                let db = Connection(configuration)
                return try (0..<25).reduce(0) { taken, _ in
                    taken
                        + (try db.transaction {
                            try db.execute(
                                """
                                UPDATE wallets SET balance = balance - 1
                                WHERE id = 1 AND balance >= 1
                                """)
                        })
                }
            }
            #expect(taken.reduce(0, +) == 100)
            #expect(try balance(1, Connection(configuration)) == 0)
        }
    }

    // MARK: Tools

    /// Runs `body` with two connections to a database of its own with wallets 1 and 2, which
    /// hold 100 each.
    private func withWallets(_ body: (Connection, Connection) throws -> Void) throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            try body(Connection(configuration), Connection(configuration))
        }
    }

    private func makeTables(_ configuration: DatabaseConfiguration) throws {
        let db = Connection(configuration)
        try db.execute("CREATE TABLE wallets (id INT PRIMARY KEY, balance INT NOT NULL)")
        try db.execute("INSERT INTO wallets VALUES (1, 100), (2, 100)")
        try db.execute(
            """
            CREATE TABLE ops (
                op_key VARBINARY(100) NOT NULL, CONSTRAINT ops_key_unique UNIQUE (op_key)
            )
            """)
    }

    private func add(_ amount: Int, to wallet: Int, _ db: Connection) throws(DatabaseError) {
        try db.execute("UPDATE wallets SET balance = balance + \(amount) WHERE id = \(wallet)")
    }

    private func operate(_ key: String, _ db: Connection) throws(DatabaseError) {
        do {
            try db.transaction {
                try db.execute("INSERT INTO ops VALUES (\(key))")
                try add(1, to: 1, db)
            }
        } catch let error as DatabaseError {
            throw error
        } catch {
            Issue.record(error)
        }
    }

    private func balance(_ wallet: Int, _ db: Connection) throws -> Int? {
        try db.first("SELECT balance FROM wallets WHERE id = \(wallet)") { try $0("balance") }
    }

    private func sessionID(_ db: Connection) throws -> Int? {
        try db.first("SELECT CONNECTION_ID() AS id") { try $0("id") }
    }

    private func waitForEnd(of session: Int, _ db: Connection) throws {
        try wait(upTo: .seconds(60), "session \(session) stays") {
            try db.first(
                "SELECT 1 AS one FROM information_schema.PROCESSLIST WHERE ID = \(session)"
            ) { _ in 1 } == nil
        }
    }
}

/// Where threads wait until all have come.
private final class Meeting: Sendable {
    private let missing: Atomic<Int>

    init(of count: Int) {
        missing = Atomic(count)
    }

    func wait() throws {
        missing.subtract(1, ordering: .sequentiallyConsistent)
        try DatabaseSupport.wait(upTo: .seconds(60), "not all have come") {
            missing.load(ordering: .sequentiallyConsistent) <= 0
        }
    }
}
