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

@Suite struct `What is written down of a comparison` {
    @Test func `a ledger that contradicts itself is found`() throws {
        try withOffice { office in
            let account = try office.db.insertAccount(credit: .dollars(1))
            try office.db.execute(
                """
                UPDATE wallets SET available_micros = available_micros + 1 WHERE account_id = \(account)
                """)
            let found = try office.run()
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.kind == .ledger })
            #expect(found.contains { $0.detail.contains("\(account)") })
        }
    }

    @Test func `each difference can be read with its subject and its amount`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            let video = try office.video(.refunded, vendor: .succeeded(), hundredths: 500)
            _ = try office.run()
            let report = try office.db.lastReconciliation().orThrow("a report")
            #expect(report.differences == 2)
            #expect(report.finishedAt >= report.startedAt)
            let items = try JSONValue(parsing: Array(report.report.utf8)).array ?? []
            #expect(
                items == [
                    .object([
                        "kind": .string("payment"), "jobId": .null,
                        "purchaseId": .string("\(purchase.id)"),
                        "amount": try JSONValue(parsing: Array("9.99".utf8)),
                        "detail": .string("paid at Stripe by \(purchase.session), not credited"),
                    ]),
                    .object([
                        "kind": .string("task"), "jobId": .string("\(video)"),
                        "purchaseId": .null,
                        "amount": try JSONValue(parsing: Array("0.35".utf8)),
                        "detail": .string("refunded, but made and billed by the vendor"),
                    ]),
                ])
            // The next run replaces it.
            try office.receive(office.stripe.repeated(office.stripe.complete(purchase.session)))
            _ = try office.run()
            #expect(try office.db.lastReconciliation()?.report == "[]")
        }
    }
}
