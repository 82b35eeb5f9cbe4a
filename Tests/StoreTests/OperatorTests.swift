import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing
import Texts

private func actor(_ key: String? = nil) throws -> Operator {
    try Operator(userID: nil, systemUser: "ann as root", reason: "for a test", key: key)
}

@Suite struct `Credit that an operator takes back (A4)` {
    private func take(
        _ amount: Money, _ db: Connection, from account: AccountID, key: String? = nil
    ) throws {
        try db.takeCredit(
            amount, from: account, reason: "given twice", take: .new(), by: actor(key))
    }

    @Test func `it goes to the adjustments, the latest grant first`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            try db.insertGrant(.dollars(5), of: account)
            try take(.dollars(6), db, from: account)
            #expect(try db.balance(of: account).available == .dollars(2))
            #expect(try db.lots(of: account).map(\.remaining) == [.dollars(2)])
            let line = try db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .adjustment)
            #expect(line.amount == .zero - .dollars(6))
            #expect(line.balanceAfter == .dollars(2))
            #expect(line.description == "given twice")
            let entry = try db.auditLog(before: nil, limit: 1)[0]
            #expect(entry.action == "credit.take")
            #expect(entry.detail == "$6.00; available: $8.00 -> $2.00")
            #expect(entry.systemUser == "ann as root")
            try expectCleanBooks(db)
        }
    }

    @Test func `never below zero, nor what is held, spent or bought`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            _ = try db.insertJob(of: account)
            #expect(throws: Conflict(.givenCreditTakeable, ["amount": .money(micros: 2_000_000)])) {
                try take(Money(micros: 2_000_001), db, from: account)
            }
            for amount in [Money.zero, .zero - .dollars(1)] {
                #expect(throws: Conflict.self) { try take(amount, db, from: account) }
            }
            let order = try db.insertPurchase(of: account)
            _ = try db.apply(
                PaymentFacts(
                    sessionID: order.sessionID ?? "", progress: .paid, isPaymentMode: true,
                    subtotal: order.price, total: order.price, currency: "usd", isLive: false,
                    reference: "\(order.id)", paymentIntent: "pi_\(order.id)"),
                to: order.id, policy: .test)
            #expect(throws: Conflict.self) { try take(.dollars(3), db, from: account) }
            try take(.dollars(2), db, from: account)
            #expect(try db.balance(of: account).available == .dollars(10))
            #expect(throws: NotFound()) { try take(.dollars(1), db, from: .new()) }
            try expectCleanBooks(db)
        }
    }

    @Test func `of eight at once no more is taken than there is`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            let taken = try inParallel(8) { _ in
                do {
                    try take(.dollars(2), Connection(configuration), from: account)
                    return 1
                } catch is Conflict {
                    return 0
                }
            }
            #expect(taken.reduce(0, +) == 2)
            #expect(try db.balance(of: account).available == .dollars(1))
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `P7 commands of an operator have keys` {
    @Test func `the same key is the same command, for grants and for what is taken`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            for _ in 1...3 {
                try db.grantCredit(
                    .dollars(5), to: account, reason: "a gift", policy: .test, grant: .new(),
                    by: actor("grant-1"))
            }
            for _ in 1...3 {
                try db.takeCredit(
                    .dollars(2), from: account, reason: "half", take: .new(), by: actor("take-1"))
            }
            #expect(try db.balance(of: account).available == .dollars(3))
            let lines = try db.auditLog(before: nil, limit: 9).filter { $0.subject == "\(account)" }
            #expect(lines.map(\.action) == ["credit.take", "credit.grant"])
            #expect(
                try db.auditLog(
                    before: nil, matching: AuditFilter(action: "credit.grant"), limit: 9
                )
                .filter { $0.subject == "\(account)" }.map(\.action) == ["credit.grant"])
            try expectCleanBooks(db)
        }
    }

    @Test func `a key that was another command's is refused, and nothing happens`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let other = try db.insertAccount()
            func grant(_ amount: Money, to account: AccountID) throws {
                try db.grantCredit(
                    amount, to: account, reason: "a gift", policy: .test, grant: .new(),
                    by: actor("grant-1"))
            }
            try grant(.dollars(5), to: account)
            #expect(throws: IdempotencyConflict.self) { try grant(.dollars(6), to: account) }
            #expect(throws: IdempotencyConflict.self) { try grant(.dollars(5), to: other) }
            #expect(throws: IdempotencyConflict.self) {
                try db.takeCredit(
                    .dollars(5), from: account, reason: "back", take: .new(), by: actor("grant-1"))
            }
            #expect(try db.balance(of: account).available == .dollars(5))
            #expect(try db.balance(of: other).available == .zero)
        }
    }

    @Test func `of eight at once with one key one counts`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            _ = try inParallel(8) { _ in
                try Connection(configuration).grantCredit(
                    .dollars(5), to: account, reason: "a gift", policy: .test, grant: .new(),
                    by: actor("grant-1"))
            }
            #expect(try db.balance(of: account).available == .dollars(5))
            try expectCleanBooks(db)
        }
    }

    @Test func `an uncertain video is resolved once by one key`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitUnknown)
            for _ in 1...2 {
                try db.resolve(
                    job, task: nil, renderDeadline: .seconds(60), policy: .test, by: actor("r1"))
            }
            #expect(throws: IdempotencyConflict.self) {
                try db.resolve(
                    job, task: "task-1", renderDeadline: .seconds(60), policy: .test,
                    by: actor("r1"))
            }
            #expect(try db.balance(of: account).available == .dollars(1))
            try expectCleanBooks(db)
        }
    }

    @Test func `accounts that are made or changed by hand are in the log`() throws {
        try withDatabase { db in
            let id = UserID.new()
            try db.createUser(
                id, owning: .new(), email: "\(id)@example.org", passwordHash: "x", role: .admin,
                by: actor())
            try db.resetPassword(of: id, to: "y", by: actor())
            let lines = try db.auditLog(before: nil, limit: 9).filter { $0.subject == "\(id)" }
            #expect(lines.map(\.action) == ["user.reset-password", "user.create"])
            #expect(lines.allSatisfy { $0.systemUser == "ann as root" && $0.actorID == nil })
            #expect(lines[1].detail == "admin \(id)@example.org")
        }
    }
}
