import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import MariaDB
import Store
import Testing

@testable import Account
@testable import Web

struct PaymentDocumentTests {
    /// A purchase that was paid, and its path.
    private func paid(_ site: TestSite, by user: TestUser) throws -> String {
        let answer = try site.post("/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
        let id = try #require(answer.json["purchaseId"]?.string.flatMap { PurchaseID($0) })
        let purchase = try #require(try site.database.purchase(id))
        try site.database.withWallet(of: user.account) { wallet in
            try wallet.credit(
                purchase, paymentIntent: "pi_\(id)", policy: site.site.settings.creditPolicy)
        }
        return "/api/credits/purchases/\(id)"
    }

    @Test func `a paid purchase has a receipt, as JSON and as a page of paper`() throws {
        try withFreshSite { site in
            let user = try site.makeUser()
            try site.database.remember(
                Seller(
                    name: "Zoë <Films> & 株式会社", address: "1 Main St\nDublin", taxID: "IE1",
                    taxLine: "No tax is charged."))
            let path = try paid(site, by: user)
            let answer = try site.get(path + "/statement", as: user)
            let receipt = try #require(answer.json["documents"]?.array?.first)
            #expect(receipt["number"] == "R-000001")
            #expect(receipt["kind"] == "receipt")
            #expect(answer.text.contains(#""amount":47.99"#))
            #expect(receipt["buyer"] == .string(user.email))
            #expect(receipt["seller"]?["taxLine"] == "No tax is charged.")
            let pdf = try site.get(path + "/documents/R-000001", as: user)
            #expect(pdf.status == 200)
            #expect(pdf.response.body.starts(with: Array("%PDF-".utf8)))
            for wrong in ["R-000002", "C-000001", "R-1", "r-000001"] {
                #expect(try site.get("\(path)/documents/\(wrong)", as: user).status == 404)
            }
        }
    }

    @Test func `nobody else sees them, and what is not paid has none`() throws {
        try withFreshSite { site in
            let user = try site.makeUser()
            let path = try paid(site, by: user)
            let other = try site.makeUser()
            #expect(try site.get(path + "/statement", as: other).status == 404)
            #expect(try site.get(path + "/documents/R-000001", as: other).status == 404)
            #expect(try site.get(path + "/statement").status == 401)
            let open = try site.post("/api/credits/purchase", #"{"packageId": "pro"}"#, as: other)
            let id = try #require(open.json["purchaseId"]?.string)
            let statement = try site.get("/api/credits/purchases/\(id)/statement", as: other)
            #expect(statement.json["documents"] == .array([]))
        }
    }

    @Test func `what goes back has a credit note, and a debit note when it does not`() throws {
        try withFreshSite { site in
            let user = try site.makeUser()
            let path = try paid(site, by: user)
            let id = try #require(
                path.split(separator: "/").last.flatMap { PurchaseID(String($0)) })
            for cents in [1000, 1000, 1500, 1000] as [Int64] {
                try site.database.withWallet(of: user.account) { wallet in
                    let readAt = try site.database.reversals(of: id)
                    _ = try wallet.apply(
                        PaymentReversal(
                            refunded: Money(cents: cents), dispute: nil, cause: "test"), to: id,
                        readAt: readAt, refundGrace: .seconds(60))
                }
            }
            let statement = try site.get(path + "/statement", as: user)
            let documents = statement.json["documents"]?.array ?? []
            #expect(
                documents.map { $0["number"]?.string }
                    == ["R-000001", "C-000001", "C-000002", "D-000001"])
            #expect(statement.text.contains(#""kind":"credit_note","amount":10,"#))
            #expect(statement.text.contains(#""kind":"credit_note","amount":5,"#))
            #expect(statement.text.contains(#""kind":"debit_note","amount":5,"#))
            let pdf = try site.get(path + "/documents/C-000002", as: user)
            #expect(pdf.response.body.starts(with: Array("%PDF-".utf8)))
        }
    }
}
