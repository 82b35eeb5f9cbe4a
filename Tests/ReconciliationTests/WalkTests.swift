import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Sandbox
import Store
import Stripe
import Testing

@testable import Reconciliation

@Suite struct `R2 R3 R4 lists are walked while they move` {
    @Test func `every page of Stripe's lists is read`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            for number in 1...201 {
                office.stripe.open(
                    purchase, session: "cs_\(number)", reference: "order_\(number)", metadata: [:])
                _ = office.stripe.complete("cs_\(number)")
            }
            #expect(try office.run().map(\.purchaseID) == [purchase.id])
            #expect(office.stripe.calls.count { $0 == "GET /v1/checkout/sessions" } == 3)
            #expect(office.stripe.calls.count { $0 == "GET /v1/charges" } == 3)
        }
    }

    @Test func `what moved just now is left to the next run (R2)`() throws {
        try withOffice { office in
            let paid = try office.purchase()
            let refunded = try office.buy()
            let disputed = try office.buy("pro")
            _ = office.stripe.complete(paid.session)
            _ = office.stripe.refund(refunded.payment, cents: 500)
            _ = office.stripe.dispute(disputed.payment, cents: 4799)
            let result = try office.reconciliation.run(now: Date())
            #expect(result.found == [])
            #expect(result.agrees)
            #expect(try office.run().map(\.kind) == [.payment, .refund, .dispute])
            // What was found before is not gone because it moves.
            _ = office.stripe.refund(refunded.payment, cents: 100)
            #expect(try office.reconciliation.run(now: Date()).found == [])
            #expect(try office.db.openDifferences().count == 3)
        }
    }

    @Test func `what is booked between Stripe's page and our look at it is no difference (R2)`()
        throws
    {
        try withFreshDatabase { configuration in
            let office = Office(db: Connection(configuration))
            office.stripe.serve(try office.db.installation())
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            let (stripe, mark) = (office.stripe, try office.db.installation())
            stripe.afterNext("/v1/checkout/sessions") {
                let other = Office(db: Connection(configuration), stripe: stripe)
                stripe.serve(mark)
                try? other.receive(event)
            }
            #expect(try office.run() == [])
            #expect(try office.db.purchase(purchase.id)?.state == .paid)
        }
    }

    private static let refused = TinyStripe.Mishap.answer(
        status: 403, body: #"{"error": {"type": "invalid_request_error", "message": "no access"}}"#)

    @Test(
        arguments: [
            "/v1/checkout/sessions", "/v1/charges", "/v1/refunds", "/v1/disputes",
            "/v1/balance_transactions",
        ])
    func `a list that answers 403 is unknown, and the others are compared (R3)`(
        path: String
    ) throws {
        try withOffice { office in
            #expect(try office.reconciliation.run(now: office.later).agrees)
            let paid = try office.purchase()
            _ = office.stripe.complete(paid.session)
            let refunded = try office.buy()
            _ = office.stripe.refund(refunded.payment, cents: 500)
            let disputed = try office.buy("pro")
            _ = office.stripe.dispute(disputed.payment, cents: 4799)
            office.stripe.meet(Self.refused, path)
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.map(\.part) == [.stripe])
            #expect(result.unread.first?.problem.contains("HTTP 403, no access") == true)
            #expect(result.unread.first?.since != nil)
            #expect(!result.agrees)
            let missed = ["/v1/refunds", "/v1/balance_transactions"].contains(path) ? 0 : 1
            #expect(result.found.count == 3 - missed)
            #expect(try office.db.attention().contains { $0.kind == .unknown })
            // The next run reads it.
            #expect(try office.reconciliation.run(now: office.later).unread == [])
        }
    }

    @Test func `a walk that was cut short goes on where it stood (R4)`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            for number in 1...201 {
                office.stripe.open(
                    purchase, session: "cs_\(number)", reference: "order_\(number)", metadata: [:])
                _ = office.stripe.complete("cs_\(number)")
            }
            let stripe = office.stripe
            func pages() -> Int { stripe.calls.count { $0 == "GET /v1/checkout/sessions" } }
            stripe.afterNext("/v1/checkout/sessions") {
                stripe.meet(Self.refused, "/v1/checkout/sessions")
            }
            #expect(try office.reconciliation.run(now: office.later).unread.count == 1)
            #expect(pages() == 2)
            #expect(try office.db.hasMoreToReconcile())
            // The oldest purchase stands on the last page.
            let result = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(pages() == 4)
            #expect(result.found.map(\.purchaseID) == [purchase.id])
            #expect(result.unread == [])
            #expect(try !office.db.hasMoreToReconcile())
            // Nothing is left to go on with.
            _ = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(pages() == 4)
        }
    }

    @Test func `a run whose time is over says that it is not finished (R3, R4)`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            _ = try office.video(.refunded, vendor: .succeeded(), hundredths: 500)
            var result = try office.reconciliation.run(now: office.later, until: .now)
            #expect(result.unread.map(\.part) == [.stripe, .tasks])
            #expect(result.unread.allSatisfy { $0.since == nil })
            #expect(try office.db.hasMoreToReconcile())
            result = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(result.found.map(\.kind) == [.payment, .task])
            #expect(result.unread == [])
            // What was known stands for a day, and no longer.
            result = try office.reconciliation.run(now: office.later, until: .now)
            #expect(result.unread == [])
            try office.db.execute(
                "UPDATE reconciliation_parts SET read_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR")
            #expect(
                try office.db.unreadParts().map(\.part) == [.ledger, .stripe, .tasks, .balance])
            #expect(try office.db.attention().count { $0.kind == .unknown } == 4)
        }
    }

    @Test func `a paid purchase that no list has had is found once the walk is done`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let other = try office.buy()
            try office.db.execute(
                """
                UPDATE purchases SET state = 'paid', payment_intent = 'pi_none',
                    paid_at = UTC_TIMESTAMP(6)
                WHERE id = \(purchase.id)
                """)
            #expect(try office.run().map(\.purchaseID).contains(purchase.id))
            #expect(try !office.run().map(\.purchaseID).contains(other.id))
        }
    }

    @Test func `open disputes are read however old they are, and one that is not there holds none`()
        throws
    {
        try withOffice { office in
            let old = office.stripe.now - 90 * 86_400
            let purchases = try (1...3).map { _ in try office.buy() }
            for purchase in purchases {
                try office.receive(
                    office.stripe.dispute(purchase.payment, cents: 999, createdAt: old))
            }
            try office.db.execute(
                """
                UPDATE disputes SET created_at = UTC_TIMESTAMP(6) - INTERVAL 90 DAY
                """)
            _ = office.stripe.decide(purchases[2].payment, "lost")
            office.stripe.meet(Self.refused, "/v1/disputes/")
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.found.map(\.purchaseID) == [purchases[2].id])
            #expect(result.unread.map(\.part) == [.stripe])
            #expect(result.unread.first?.problem.contains("cannot be read") == true)
            #expect(office.stripe.calls.count { $0.hasPrefix("GET /v1/disputes/") } >= 3)
            #expect(try office.reconciliation.run(now: office.later).unread == [])
        }
    }

    @Test func `while Stripe cannot be asked its part is unknown, and the others are compared`()
        throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            #expect(try office.open().map(\.purchaseID) == [purchase.id])
            _ = try office.video(.delivered, vendor: .failed(""))
            for path in ["/v1/checkout/sessions", "/v1/charges", "/v1/disputes"] {
                office.stripe.meet(.notSent, path)
                let result = try office.reconciliation.run(now: office.later)
                #expect(result.unread.map(\.part) == [.stripe])
                #expect(result.unread.first?.since != nil)
                #expect(!result.agrees)
                #expect(result.summary.contains("stripe unknown since 20"))
                // What was found before is not forgotten (R1), nor taken for gone.
                #expect(result.open.map(\.difference.kind) == [.payment, .task])
            }
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.isEmpty)
            #expect(result.found.map(\.kind) == [.payment])
        }
    }

    @Test func `books without a difference agree only when every part was read`() throws {
        try withOffice { office in
            #expect(try office.reconciliation.run(now: office.later).agrees)
            office.pollo.balance = nil
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.map(\.part) == [.balance])
            #expect(!result.agrees)
        }
    }

    @Test func `a vendor that does not answer is not waited for once for every task`() throws {
        try withOffice { office in
            for _ in 1...7 { _ = try office.video(.refunded, vendor: nil) }
            let result = try office.reconciliation.run(now: office.later)
            #expect(office.pollo.calls.count { $0.contains("task-") } == 5)
            #expect(result.unread.map(\.problem) == ["the vendor told of 0 of 7 tasks"])
        }
    }

    @Test func `a difference stays through later runs until it is gone by itself or closed`() throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            let video = try office.video(.refunded, vendor: .succeeded(), hundredths: 500)
            #expect(try office.open().map(\.kind) == [.payment, .task])
            // The task is compared once, and its loss is not forgotten.
            #expect(try office.run().map(\.kind) == [.payment])
            #expect(try office.open().map(\.kind) == [.payment, .task])
            try office.receive(event)
            #expect(try office.open().map(\.jobID) == [video])
            let loss = try office.db.openDifferences()[0].id
            try office.db.close(loss, by: Operator(userID: nil, reason: "paid by us"))
            #expect(try office.open() == [])
            #expect(try office.reconciliation.run(now: office.later).agrees)
        }
    }

    @Test func `a difference of the ledger is gone when it is put right`() throws {
        try withOffice { office in
            let account = try office.db.insertAccount(credit: .dollars(1))
            func change(_ micros: Int) throws {
                try office.db.execute(
                    """
                    UPDATE wallets SET available_micros = available_micros + \(micros)
                    WHERE account_id = \(account)
                    """)
            }
            try change(1)
            let first = try office.open()
            try change(1)
            // The same ones, though their numbers are others now.
            #expect(try office.open().map(\.subject) == first.map(\.subject))
            #expect(first.contains { $0.subject.contains("\(account)") })
            try change(-2)
            #expect(try office.open() == [])
        }
    }
}
