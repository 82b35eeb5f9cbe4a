package import Domain
import MariaDB

extension LockedWallet {
    /// Marks a purchase as paid and gives its credit, bonus included; a debt is paid first, from its
    /// own lot (P1, L9).
    package mutating func credit(
        _ purchase: Purchase, paymentIntent: String, policy: CreditPolicy
    ) throws {
        try lapse()
        try database.execute(
            """
            UPDATE purchases
            SET state = 'paid', payment_intent = \(paymentIntent), paid_at = UTC_TIMESTAMP(6),
                next_check_at = NULL, problem = NULL
            WHERE id = \(purchase.id) AND paid_at IS NULL
            """)
        let debt = balances.shortfall
        let lot = try addLot(
            purchase.credits, from: .purchase(purchase.id), policy: policy,
            opKey: "stripe:credit:\(paymentIntent)",
            line: .bought(
                package: purchase.packageID, credits: purchase.credits, price: purchase.price))
        if purchase.bonus > .zero {
            try addLot(
                purchase.bonus, from: .bonus(purchase.id), policy: policy,
                opKey: "stripe:bonus:\(paymentIntent)",
                line: .bonus(package: purchase.packageID, amount: purchase.bonus))
        }
        if debt > .zero {
            try perform(
                [
                    Transfer(
                        kind: .shortfall, debit: .available, credit: .shortfall,
                        amount: min(debt, purchase.credits), lot: lot)
                ], opKey: "stripe:shortfall:\(paymentIntent)",
                about: Subject(purchase: purchase.id), line: .debtPaid)
        }
        try issue(
            .receipt, of: purchase.id, amount: purchase.price, opKey: "receipt:\(purchase.id)")
    }
}
