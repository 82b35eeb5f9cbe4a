import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `L5 keys of what Stripe tells` {
    @Test func `each effect is named after its object, however many events tell of it`() throws {
        try withTill { till in
            let purchase = try till.buy("pro", for: till.db.insertAccount())
            let payment = purchase.payment
            var events = [till.stripe.refund(payment, cents: 1000)]
            try till.receive(events[0], of: purchase)
            let refund = try #require(till.stripe.latestRefund(of: payment)?.id)
            events.append(till.stripe.failRefund(of: payment))
            try till.receive(events[1], of: purchase)
            events.append(till.stripe.dispute(payment, cents: 4799))
            try till.receive(events[2], of: purchase)
            let dispute = try #require(events[2].objectID)
            for (index, verdict) in ["won", "lost"].enumerated() {
                events.append(till.stripe.decide(payment, verdict))
                try till.receive(events[3 + index], of: purchase)
            }
            for event in events { try till.receive(till.stripe.repeated(event), of: purchase) }
            let keys = try till.db.query(
                "SELECT DISTINCT op_key FROM ledger_entries WHERE purchase_id = \(purchase.id)"
            ) { row in try row("op_key") as String }
            #expect(
                Set(keys) == [
                    "stripe:credit:\(payment)", "stripe:bonus:\(payment)",
                    "stripe:refund:\(payment.charge)", "stripe:refund-failed:\(refund)",
                    "stripe:dispute-open:\(dispute):freeze",
                    "stripe:dispute-won:\(dispute):unfreeze", "stripe:dispute-lost:\(dispute)",
                ])
        }
    }
}
