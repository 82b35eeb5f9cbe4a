import DatabaseSupport
import MariaDB
import Synchronization
import Testing

/// The table of D3, row by row: what each error leaves of a transaction, and what is done.
struct TransactionTests {
    struct Refusal: Error, Equatable {}

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

    /// A routine may have done a part for good, outside of a transaction.
    @Test(
        arguments: [
            ("UPDATE many SET n = n + 1000 WHERE id > 0", 1), ("CALL twice()", 0),
        ] as [(SQL, Int)])
    func `a deadlock runs a statement of its own again, but no routine`(
        statement: SQL, times: Int
    ) throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let holder = Connection(configuration)
            try holder.execute("CREATE TABLE many (id INT PRIMARY KEY, n INT NOT NULL)")
            try holder.execute("INSERT INTO many SELECT seq, 0 FROM seq_1_to_100")
            try holder.execute(
                """
                CREATE PROCEDURE twice()
                BEGIN
                    UPDATE many SET n = n + 1000 WHERE id = 1;
                    UPDATE many SET n = n + 1000 WHERE id > 1;
                END
                """)
            let watcher = Connection(configuration)
            try holder.execute("START TRANSACTION")
            // The one that has changed more rows goes on.
            try holder.execute("UPDATE many SET n = n + 1 WHERE id > 10")
            let outcomes = try inParallel(1) { _ in
                let pauses = Mutex(0)
                let single = Connection(configuration) { _ in pauses.withLock { $0 += 1 } }
                let isDone = (try? single.execute(statement)) != nil
                return (isDone: isDone, pauses: pauses.withLock { $0 })
            } whileRunning: {
                // The server reads its list anew a tenth of a second after it was last asked for.
                try #require(
                    (1...200).contains { _ in
                        Connection.sleep(.milliseconds(120))
                        return try isWaiting(watcher)
                    })
                try holder.execute("UPDATE many SET n = n + 1 WHERE id <= 10")
                try holder.execute("COMMIT")
            }
            #expect(outcomes[0].isDone == (times == 1))
            #expect(outcomes[0].pauses == times)
            for (id, n) in [(1, 1001), (100, 1 + 1000 * times)] {
                let now = try watcher.first("SELECT n FROM many WHERE id = \(id)") {
                    try $0("n") as Int
                }
                #expect(now == n)
            }
        }
    }

    private func isWaiting(_ watcher: Connection) throws -> Bool {
        try watcher.first(
            """
            SELECT COUNT(*) AS c
            FROM information_schema.innodb_trx
            WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE 'UPDATE many SET n = n + 1000 WHERE id > %'
            """
        ) { try $0("c") as Int } == 1
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
}
