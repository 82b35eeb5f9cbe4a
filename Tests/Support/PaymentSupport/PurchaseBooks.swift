import BooksSupport
package import Domain
package import Ledger
package import MariaDB
import Store
package import Testing

/// All that the books hold of one purchase and its buyer, without ids, so that the same story told
/// in another order can be compared.
package struct PurchaseBooks: Equatable, Sendable {
    package struct Lot: Equatable, Sendable {
        package let source: CreditLot.Source
        package let granted: Money
        package let remaining: Money
        package let held: Money
        package let spent: Money
        package let expired: Money
        package let clawedBack: Money
        package let isFrozen: Bool
    }

    package struct Wallet: Equatable, Sendable, CustomStringConvertible {
        package let available: Money
        package let held: Money
        package let frozen: Money
        package let shortfall: Money

        package init(
            _ available: Money = .zero, held: Money = .zero, frozen: Money = .zero,
            shortfall: Money = .zero
        ) {
            self.available = available
            self.held = held
            self.frozen = frozen
            self.shortfall = shortfall
        }

        package var description: String {
            "\(available), held \(held), frozen \(frozen), owes \(shortfall)"
        }
    }

    package let state: Purchase.State
    package let refunded: Money
    package let clawback: Money
    package let pending: Money
    package let owed: Money
    package let isFrozen: Bool
    package let wallet: Wallet
    /// Bought before bonus.
    package let lots: [Lot]
    package let disputes: [PaymentDispute.Standing]
}

extension Connection {
    package func wallet(of account: AccountID) throws -> PurchaseBooks.Wallet {
        try first(
            """
            SELECT available_micros, held_micros, frozen_micros, shortfall_micros
            FROM wallets
            WHERE account_id = \(account)
            """
        ) { row in
            try PurchaseBooks.Wallet(
                row("available_micros"), held: row("held_micros"), frozen: row("frozen_micros"),
                shortfall: row("shortfall_micros"))
        }.orThrow("a wallet")
    }

    package func books(of id: PurchaseID) throws -> PurchaseBooks {
        let purchase = try purchase(id).orThrow("the purchase")
        let wallet = try wallet(of: purchase.accountID)
        let lots = try query(
            """
            SELECT source, granted_micros, remaining_micros, held_micros, spent_micros,
                expired_micros, clawed_back_micros, frozen_at IS NOT NULL AS is_frozen
            FROM credit_lots
            WHERE purchase_id = \(id)
            ORDER BY source
            """
        ) { row in
            try PurchaseBooks.Lot(
                source: row("source"), granted: row("granted_micros"),
                remaining: row("remaining_micros"), held: row("held_micros"),
                spent: row("spent_micros"), expired: row("expired_micros"),
                clawedBack: row("clawed_back_micros"), isFrozen: row("is_frozen"))
        }
        let disputes = try query(
            "SELECT standing FROM disputes WHERE purchase_id = \(id) ORDER BY id"
        ) { try $0("standing") as PaymentDispute.Standing }
        return try first(
            """
            SELECT state, refunded_micros, clawback_micros, pending_micros, owed_micros, is_frozen
            FROM purchases
            WHERE id = \(id)
            """
        ) { row in
            try PurchaseBooks(
                state: row("state"), refunded: row("refunded_micros"),
                clawback: row("clawback_micros"), pending: row("pending_micros"),
                owed: row("owed_micros"), isFrozen: row("is_frozen"), wallet: wallet, lots: lots,
                disputes: disputes)
        }.orThrow("the purchase")
    }

    /// Expects that the auditor finds nothing, and that what was taken of the purchase is what went
    /// back of its money, never more than it granted (P3).
    package func expectSound(
        _ id: PurchaseID, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expectCleanBooks(self, sourceLocation: sourceLocation)
        let purchase = try purchase(id).orThrow("the purchase")
        let books = try books(of: id)
        let lost =
            try first(
                """
                SELECT COALESCE(SUM(amount_micros), 0) AS lost
                FROM disputes
                WHERE purchase_id = \(id) AND standing = 'lost'
                """
            ) { row in try row("lost") as Money } ?? .zero
        let due = purchase.credit(for: min(books.refunded + lost, purchase.price))
        #expect(books.clawback + books.pending == due, sourceLocation: sourceLocation)
        #expect(due <= purchase.credits + purchase.bonus, sourceLocation: sourceLocation)
        let clawedBack = books.lots.map(\.clawedBack).reduce(.zero, +)
        #expect(books.clawback == clawedBack + books.owed, sourceLocation: sourceLocation)
        let held = books.lots.map(\.held).reduce(.zero, +)
        #expect(books.pending <= held, sourceLocation: sourceLocation)
        #expect(
            books.lots.allSatisfy { $0.isFrozen == books.isFrozen },
            sourceLocation: sourceLocation)
    }
}
