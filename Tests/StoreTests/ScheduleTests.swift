import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import MariaDB
import Store
import Testing

struct ScheduleTests {
    private struct Trouble: Error {}

    /// Takes a turn if it is due; whether it was.
    private func turn(
        _ db: Connection, retry: Duration? = nil, _ work: (Turn) throws -> TurnEnd
    ) throws -> Bool {
        try db.takeTurn(
            "test", every: .seconds(60), retryAfter: retry, lasting: .seconds(9), work)
    }

    private func isDue(_ db: Connection, _ end: TurnEnd) throws -> Bool {
        try turn(db) { _ in end }
    }

    private func pass(_ db: Connection, seconds: Int) throws {
        try db.execute(
            """
            UPDATE schedules
            SET due_at = due_at - INTERVAL \(seconds) SECOND,
                done_at = done_at - INTERVAL \(seconds) SECOND
            WHERE name = 'test'
            """)
    }

    @Test func `what has never been done is due, and then once in the span`() throws {
        try withDatabase { db in
            let wasDue = try turn(db) { turn in
                let second = try db.take("test", lasting: .seconds(9))
                #expect(turn.doneAt == nil && second == nil)
                return .done
            }
            #expect(wasDue)
            #expect(try !isDue(db, .done))
            try pass(db, seconds: 50)
            #expect(try !isDue(db, .done))
            try pass(db, seconds: 10)
            let isDueAgain = try turn(db) { turn in
                let doneAt = try #require(turn.doneAt)
                #expect((60..<75).contains(turn.begunAt.timeIntervalSince(doneAt)))
                return .done
            }
            #expect(isDueAgain)
        }
    }

    @Test func `what was not done to its end goes on from where the last whole one began`() throws {
        try withDatabase { db in
            #expect(try isDue(db, .done))
            for _ in 1...2 {
                try pass(db, seconds: 60)
                #expect(try isDue(db, .unfinished))
            }
            try pass(db, seconds: 60)
            let wasDue = try turn(db) { turn in
                let doneAt = try #require(turn.doneAt)
                #expect((180..<195).contains(turn.begunAt.timeIntervalSince(doneAt)))
                return .done
            }
            #expect(wasDue)
        }
    }

    @Test func `what is broken off is due at once`() throws {
        try withDatabase { db in
            let first = try isDue(db, .brokenOff)
            let second = try isDue(db, .done)
            #expect(first && second)
        }
    }

    @Test func `what fails is tried again in its time, and another's turn is left alone`() throws {
        try withDatabase { db in
            #expect(throws: Trouble.self) {
                try turn(db, retry: .seconds(5)) { _ in throw Trouble() }
            }
            #expect(
                try db.count(
                    "SELECT COUNT(*) FROM schedules WHERE name = 'test' AND problem = 'Trouble()'")
                    == 1)
            #expect(try !isDue(db, .done))
            try pass(db, seconds: 5)
            #expect(throws: LeaseLost.self) {
                try turn(db) { _ in
                    try db.execute(
                        "UPDATE schedules SET lease_token = UUID() WHERE name = 'test'")
                    return .done
                }
            }
            #expect(try !isDue(db, .done))
        }
    }
}
