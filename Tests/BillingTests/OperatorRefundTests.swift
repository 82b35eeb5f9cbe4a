import Billing
import BooksSupport
import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import Testing
import Texts

@Suite struct `P2 refunds by an operator` {
    func actor(_ reason: String = "asked by mail") throws -> Operator {
        try Operator(userID: nil, reason: reason)
    }

    @Test func `money goes back and the credit with it, at once and once`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let admin = try till.db.insertUser()
            let purchase = try till.buy(for: account)
            let changed = try till.billing.refund(
                purchase.id, amount: .cents(500), by: Operator(userID: admin, reason: " a gift "))
            #expect(changed.state == .paid)
            #expect(try till.db.wallet(of: account) == .init(.cents(499)))
            try till.db.expectSound(purchase.id)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            #expect(till.stripe.latestRefund(of: purchase.payment)?.cents == 500)

            let refund = try till.db.first(
                "SELECT id FROM refunds WHERE purchase_id = \(purchase.id)"
            ) {
                try $0("id") as RefundID
            }.orThrow("a refund")
            let call = try till.stripe.requests.first { $0.path == "/v1/refunds" }.orThrow("a call")
            #expect(call.field("idempotency-key") == "refund:\(refund)")

            let line = try till.db.auditLog(before: nil, limit: 1)[0]
            #expect(line.actorID == admin)
            #expect(line.action == "purchase.refund")
            #expect(line.subject == "\(purchase.id)")
            #expect(line.reason == "a gift")
            #expect(line.detail == "$5.00")
            try till.billing.finishRefunds()
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
        }
    }

    @Test(arguments: [(0, 999), (4, 599), (10, 0)])
    func `only what is not spent goes back`(spent: Int, most: Int) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(spent, of: account)
            let refusal = Conflict(
                .purchaseRefundable, ["amount": .money(Money.cents(Int64(most)))])
            #expect(throws: refusal) {
                try till.billing.refund(
                    purchase.id, amount: .cents(Int64(most + 1)), by: actor())
            }
            #expect(till.stripe.refundCount(of: purchase.payment) == 0)
            #expect(try till.db.auditLog(before: nil, limit: 1).first?.subject != "\(purchase.id)")
            if most == 0 {
                #expect(throws: refusal) {
                    try till.billing.refund(purchase.id, amount: nil, by: actor())
                }
            } else {
                try _ = till.billing.refund(purchase.id, amount: nil, by: actor())
                #expect(till.stripe.latestRefund(of: purchase.payment)?.cents == most)
                let wallet = try till.db.wallet(of: account)
                #expect(wallet.shortfall == .zero)
                #expect(wallet.available < .cents(2))
            }
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a refund of a purchase that keeps changing is made, its credit taken later`()
        throws
    {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let purchase = try till.buy(for: till.db.insertAccount())
            for _ in 1...8 {
                till.stripe.afterNext("/v1/payment_intents") {
                    _ = try? Connection(configuration).execute(
                        "UPDATE purchases SET reversals = reversals + 1 WHERE id = \(purchase.id)")
                }
            }
            #expect(try till.billing.refund(purchase.id, amount: nil, by: actor()).state == .paid)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            try till.db.execute(
                "UPDATE refunds SET created_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE")
            try till.billing.finishRefunds()
            #expect(try till.db.purchase(purchase.id)?.state == .refunded)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            try expectCleanBooks(till.db)
        }
    }

    @Test func `what jobs hold is not refunded under them`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.hold(10, of: account)
            #expect(throws: Conflict.self) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            #expect(try till.db.wallet(of: account) == .init(.zero, held: .dollars(10)))
        }
    }

    @Test(arguments: [["starter"], ["standard"], ["pro"], ["enterprise"]], [1, 333, 450])
    func `after a part the rest is all that was paid, to the cent`(
        package: [String], cents: Int64
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(package[0], for: account)
            _ = try till.billing.refund(purchase.id, amount: .cents(cents), by: actor())
            _ = try till.billing.refund(purchase.id, amount: .cents(cents), by: actor())
            let changed = try till.billing.refund(purchase.id, amount: nil, by: actor())
            #expect(changed.state == .refunded)
            #expect(try till.db.wallet(of: account) == .init(.zero))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a purchase that is not paid, or not there, is not refunded`() throws {
        try withTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            #expect(throws: Conflict(.purchaseNotPaid)) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            #expect(throws: NotFound()) {
                try till.billing.refund(.new(), amount: nil, by: actor())
            }
            #expect(throws: Conflict.self) {
                let paid = try till.buy(for: purchase.accountID)
                return try till.billing.refund(paid.id, amount: Money(micros: 5), by: actor())
            }
            #expect(throws: Conflict.self) {
                let paid = try till.buy(for: purchase.accountID)
                return try till.billing.refund(paid.id, amount: -.dollars(1), by: actor())
            }
        }
    }
}
