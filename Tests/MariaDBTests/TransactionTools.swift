import DatabaseSupport
import MariaDB
import Synchronization
import Testing

extension TransactionTests {
    /// Runs `body` with two connections to a database of its own with wallets 1 and 2, which
    /// hold 100 each.
    func withWallets(_ body: (Connection, Connection) throws -> Void) throws {
        try withFreshDatabase(migrated: nil) { configuration in
            try makeTables(configuration)
            try body(Connection(configuration), Connection(configuration))
        }
    }

    func makeTables(_ configuration: DatabaseConfiguration) throws {
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

    func add(_ amount: Int, to wallet: Int, _ db: Connection) throws(DatabaseError) {
        try db.execute("UPDATE wallets SET balance = balance + \(amount) WHERE id = \(wallet)")
    }

    func operate(_ key: String, _ db: Connection) throws(DatabaseError) {
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

    func balance(_ wallet: Int, _ db: Connection) throws -> Int? {
        try db.first("SELECT balance FROM wallets WHERE id = \(wallet)") { try $0("balance") }
    }

    func sessionID(_ db: Connection) throws -> Int? {
        try db.first("SELECT CONNECTION_ID() AS id") { try $0("id") }
    }

    func waitForEnd(of session: Int, _ db: Connection) throws {
        try wait(upTo: .seconds(60), "session \(session) stays") {
            try db.first(
                "SELECT 1 AS one FROM information_schema.PROCESSLIST WHERE ID = \(session)"
            ) { _ in 1 } == nil
        }
    }
}

/// Where threads wait until all have come.
final class Meeting: Sendable {
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
