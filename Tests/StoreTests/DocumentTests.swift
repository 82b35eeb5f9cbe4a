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
                try db.documents(of: id, of: account).map { $0.seller?.name }
            }
            #expect(sellers == [[nil], ["Zoë Ltd"], ["Zoë & Sons"]])
            #expect(try db.count("SELECT COUNT(*) FROM sellers") == 2)
            #expect(try db.documents(of: purchases[0], of: .new()).isEmpty)
        }
    }
}
