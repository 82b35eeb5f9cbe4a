import DatabaseSupport
import FoundationEssentials
import MariaDB
import Testing

struct ValueTests {
    @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
    func `integers come back as they were bound`(integer: Int64) throws {
        #expect(try roundTrip(integer) == integer)
    }

    @Test(arguments: [
        "", "a", "O'Brien; DROP TABLE x", "Åsa 日本", "🎬\u{1F468}\u{200D}\u{1F469}", "\0?",
    ])
    func `texts come back as they were bound`(text: String) throws {
        #expect(try roundTrip(text) == text)
    }

    @Test func `bytes come back as they were bound`() throws {
        let bytes = (0...255).map { UInt8($0) }
        #expect(try roundTrip(bytes) == bytes)
        #expect(try roundTrip([] as [UInt8]) == [])
    }

    @Test(arguments: [true, false])
    func `truth values come back as they were bound`(value: Bool) throws {
        #expect(try roundTrip(value) == value)
    }

    @Test func `nothing comes back as nothing`() throws {
        #expect(try roundTrip(String?.none) == .some(.none))
        #expect(try roundTrip(String?.some("x")) == .some("x"))
    }

    @Test(arguments: [1, 63, 64, 65, 511, 512, 513, 16_384, 1 << 20, 5 << 20])
    func `blobs and texts of any length come back whole`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let text = String(repeating: "é🎬", count: count / 6 + 1)
        try withColumns("b LONGBLOB, t LONGTEXT") { db in
            try db.execute("INSERT INTO v (b, t) VALUES (\(bytes), \(text))")
            try db.execute("INSERT INTO v (b, t) VALUES (\([1] as [UInt8]), \("short"))")
            let rows = try db.query("SELECT b, t FROM v ORDER BY LENGTH(b) DESC") { row in
                (try row("b") as [UInt8], try row("t") as String)
            }
            #expect(rows.contains { $0.0 == bytes && $0.1 == text })
            #expect(rows.contains { $0.0 == [1] && $0.1 == "short" })
        }
    }

    @Test(arguments: [
        "2026-11-22 10:00:00.123456", "1970-01-01 00:00:00.000000", "2000-02-29 23:59:59.999999",
        "1969-12-31 23:59:59.000001", "2100-03-01 00:00:00.000000", "1900-02-28 12:00:00.500000",
    ])
    func `instants are exact to the microsecond both ways`(text: String) throws {
        try withColumns("d DATETIME(6)") { db in
            try db.execute("INSERT INTO v (d) VALUES (\(text))")
            let date = try #require(try db.first("SELECT d FROM v") { try $0("d") as Date })
            // The same in decimal, as the server reckons it.
            let exact = try db.first(
                "SELECT TIMESTAMPDIFF(MICROSECOND, '2001-01-01', d) AS m FROM v"
            ) { try $0("m") as Int }
            #expect(Int((date.timeIntervalSinceReferenceDate * 1e6).rounded()) == exact)
            let bound = try db.first(
                "SELECT DATE_FORMAT(\(date), \("%Y-%m-%d %H:%i:%s.%f")) AS t"
            ) { try $0("t") as String }
            #expect(bound == text)
            #expect(try db.execute("UPDATE v SET d = d WHERE d = \(date)") == 1)
        }
    }

    @Test func `an instant is rounded to a microsecond`() throws {
        let date = Date(timeIntervalSinceReferenceDate: 785_412_000.123_456_6)
        let stored = try roundTrip(date)
        #expect(stored == Date(timeIntervalSinceReferenceDate: 785_412_000.123_457))
    }

    @Test(arguments: [Double.nan, .infinity, 1e15, -1e12])
    func `an instant that DATETIME cannot hold is refused`(seconds: Double) throws {
        let date = Date(timeIntervalSinceReferenceDate: seconds)
        #expect(throws: DatabaseError.self) { try roundTrip(date) }
    }

    @Test func `the session's clock is in UTC`() throws {
        try withDatabase(migrated: nil) { db in
            let isUTC = try db.first("SELECT NOW(6) = UTC_TIMESTAMP(6) AS same") {
                try $0("same") as Bool
            }
            #expect(isUTC == true)
        }
    }

    @Test func `an unsigned integer that Int64 cannot hold is refused`() throws {
        try withColumns("u BIGINT UNSIGNED") { db in
            try db.execute("INSERT INTO v (u) VALUES (9223372036854775807)")
            #expect(try db.first("SELECT u FROM v") { try $0("u") } == Int64.max)
        }
        try withColumns("u BIGINT UNSIGNED") { db in
            try db.execute("INSERT INTO v (u) VALUES (9223372036854775808)")
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT u FROM v") { try $0("u") as Int64 }
            }
        }
    }

    @Test func `integers of every width keep their sign`() throws {
        try withColumns("a TINYINT, b SMALLINT, c MEDIUMINT, d INT, e TINYINT UNSIGNED, f YEAR") {
            db in
            try db.execute("INSERT INTO v VALUES (-128, -32768, -8388608, -2147483648, 255, 2026)")
            let row = try db.first("SELECT * FROM v") { row in
                try (0..<6).map { try row.at($0) as Int }
            }
            #expect(row == [-128, -32_768, -8_388_608, -2_147_483_648, 255, 2026])
        }
    }

    @Test func `UUID and DECIMAL and ENUM and DATE columns are read as text`() throws {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057"
        try withColumns("id UUID, m DECIMAL(20, 6), e ENUM('a', 'b'), d DATE, j JSON, t TIME(3)") {
            db in
            try db.execute(
                """
                INSERT INTO v VALUES (\(id), \("12345678901234.000001"), \("b"), \("2026-01-31"),
                    \(#"{"a": 1}"#), \("01:02:03.400"))
                """)
            let row = try db.first("SELECT * FROM v WHERE id = \(id)") { row in
                try (0..<6).map { try row.at($0) as String }
            }
            #expect(
                row == [
                    id, "12345678901234.000001", "b", "2026-01-31", #"{"a": 1}"#, "01:02:03.400",
                ])
        }
    }

    @Test func `a sum of integers is read as an integer, a fraction is not`() throws {
        try withColumns("n BIGINT") { db in
            try db.execute("INSERT INTO v VALUES (9007199254740993), (1)")
            #expect(
                try db.first("SELECT SUM(n) AS s FROM v") { try $0("s") } == 9_007_199_254_740_994)
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT AVG(n) AS s FROM v") { try $0("s") as Int }
            }
        }
    }

    @Test func `an id in a VARBINARY column is read as text, other bytes are not`() throws {
        try withColumns("id VARBINARY(255)") { db in
            try db.execute("INSERT INTO v VALUES (\("evt_1AbC"))")
            #expect(try db.first("SELECT id FROM v") { try $0("id") } == "evt_1AbC")
            #expect(try db.first("SELECT id FROM v WHERE id = \("evt_1abc")") { _ in 1 } == nil)
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT \([0xff] as [UInt8]) AS id") { try $0("id") as String }
            }
        }
    }

    @Test func `an enum of strings is bound by its raw value`() throws {
        enum State: String, SQLConvertible {
            case queued, delivered
        }
        #expect(try roundTrip(State.delivered) == .delivered)
        try withDatabase(migrated: nil) { db in
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT \("lost") AS v") { try $0("v") as State }
            }
        }
    }

    @Test func `NULL is refused where a value is wanted`() throws {
        try withDatabase(migrated: nil) { db in
            #expect(throws: DatabaseError.self) {
                try db.first("SELECT NULL AS v") { try $0("v") as Int }
            }
        }
    }

    @Test func `a text that its column has no room for is refused`() throws {
        try withColumns("t VARCHAR(3)") { db in
            #expect(throws: DatabaseError.self) {
                try db.execute("INSERT INTO v VALUES (\("abcd"))")
            }
        }
    }

    /// Selects the value, and reads it twice: the second time by the cached statement.
    private func roundTrip<T: SQLConvertible>(_ value: T) throws -> T? {
        var result: T?
        try withDatabase(migrated: nil) { db in
            for _ in 1...2 {
                result = try db.first("SELECT \(value) AS v") { try $0("v") }
            }
        }
        return result
    }

    /// Runs `body` with a table `v` of these columns.
    private func withColumns(_ columns: StaticString, _ body: (Connection) throws -> Void) throws {
        try withFreshDatabase(migrated: nil) { configuration in
            let db = Connection(configuration)
            try db.execute("CREATE TABLE v (\(raw: columns))")
            try body(db)
        }
    }
}
