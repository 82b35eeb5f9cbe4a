import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `Documents of payments` {
    private struct GaveUp: Error {}

    private func numbers(_ db: Connection, _ kind: PaymentDocument.Kind) throws -> [Int] {
        try db.query("SELECT number FROM documents WHERE kind = \(kind) ORDER BY number") { row in
            try row("number")
        }
    }

    private func pay(_ db: Connection, _ purchase: PurchaseID) throws {
        guard let paid = try db.purchase(purchase) else { throw NotFound() }
        try db.withWallet(of: paid.accountID) { wallet in
            try wallet.credit(
                paid, paymentIntent: "pi_\(purchase)", policy: CreditPolicy(expiry: nil))
        }
    }

    @Test func `of 64 payments at once, some undone, the numbers have no gap`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let purchases = try (0..<64).map { _ in
                try db.insertPurchase(of: try db.insertAccount()).id
            }
            _ = try inParallel(64) { index in
                let db = Connection(configuration)
                // Every third payment is undone at its end once, and then comes again.
                if index.isMultiple(of: 3) {
                    #expect(throws: GaveUp.self) {
                        try db.transaction {
                            try pay(db, purchases[index])
                            throw GaveUp()
                        }
                    }
                }
                try pay(db, purchases[index])
            }
            #expect(try numbers(db, .receipt) == Array(1...64))
            #expect(try numbers(db, .creditNote).isEmpty)
        }
    }

    @Test func `a document keeps the seller who held when it was made`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            func seller(_ name: String) -> Seller {
                Seller(name: name, address: "1 Main St", taxID: "", taxLine: "No tax.")
            }
            let purchases = try (0..<3).map { _ in try db.insertPurchase(of: account).id }
            try pay(db, purchases[0])
            for (purchase, name) in zip(purchases.dropFirst(), ["Zoë Ltd", "Zoë & Sons"]) {
                try db.remember(seller(name))
                try db.remember(seller(name))
                try pay(db, purchase)
            }
            let sellers = try purchases.map { id in
                try db.documents(of: id, of: account).map { $0.seller.name }
            }
            #expect(sellers == [[""], ["Zoë Ltd"], ["Zoë & Sons"]])
            #expect(try db.count("SELECT COUNT(*) FROM sellers") == 2)
            #expect(try db.documents(of: purchases[0], of: .new()).isEmpty)
        }
    }

    @Test func `a document keeps the buyer's address, and its notes name the same`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let user = try db.owner(of: account)
            let purchase = try db.insertPurchase(of: account).id
            try pay(db, purchase)
            func move(to address: String) throws {
                try db.execute("UPDATE users SET email = \(address) WHERE id = \(user)")
            }
            try move(to: "elsewhere@example.org")
            try sendBack(db, purchase, Money(cents: 100))
            let second = try db.insertPurchase(of: account).id
            try pay(db, second)
            try db.remove(Departure(user: user, account: account))
            try sendBack(db, purchase, Money(cents: 200))
            let buyers = try db.documents(of: purchase, of: account).map(\.buyer)
            #expect(buyers == Array(repeating: "\(user)@example.org", count: 3))
            #expect(
                try db.documents(of: second, of: account).map(\.buyer) == ["elsewhere@example.org"])
        }
    }

    private func sendBack(_ db: Connection, _ purchase: PurchaseID, _ refunded: Money) throws {
        guard let paid = try db.purchase(purchase) else { throw NotFound() }
        let readAt = try db.reversals(of: purchase)
        try db.withWallet(of: paid.accountID) { wallet in
            _ = try wallet.apply(
                PaymentReversal(refunded: refunded, dispute: nil, cause: "test"), to: purchase,
                readAt: readAt, refundGrace: .seconds(60))
        }
    }
}
