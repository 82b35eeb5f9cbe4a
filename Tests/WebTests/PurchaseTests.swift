import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import Synchronization
import Testing

@testable import Web

struct PurchaseTests {
    private func key(_ text: String) -> [(name: String, value: String)] {
        [(Header.idempotencyKey, text)]
    }

    private let path = "/api/credits/purchase"
    private let order = #"{"packageId": "pro"}"#

    @Test(arguments: [
        ("starter", 999, "10", "0", "10"), ("standard", 2499, "25", "2", "27"),
        ("pro", 4799, "50", "5", "55"), ("enterprise", 8999, "100", "15", "115"),
    ])
    func `an order asks Stripe for its price, to the cent`(
        package: String, cents: Int, credits: String, bonus: String, total: String
    ) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, #"{"packageId": "\#(package)"}"#, as: user)
            #expect(answer.status == 201)
            let session = try #require(site.stripe.sessions.first)
            #expect(session.amount == cents)
            // Our mark is on the session and on its payment (P8).
            let form = Query(
                String(decoding: site.stripe.requests.first?.body ?? [], as: UTF8.self))
            let mark = try "\(site.database.installation())"
            #expect(form["metadata[rushes_installation]"] == mark)
            #expect(form["payment_intent_data[metadata][rushes_installation]"] == mark)
            #expect(answer.json["sessionId"]?.string == session.id)
            #expect(answer.json["purchaseId"]?.string == session.reference)
            let shown = try site.get("/api/credits/purchases/\(session.reference)", as: user)
            #expect(
                shown.text.contains(
                    #""credits":\#(credits),"bonus":\#(bonus),"total":\#(total),"#))
            #expect(shown.json["status"] == "pending")
            #expect(shown.json["url"] == answer.json["url"])
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(0))
        }
    }

    @Test(arguments: [
        "{}", #"{"packageId": "gold"}"#, #"{"packageId": 1}"#, #"{"packageId": null}"#,
        #"{"packageID": "pro"}"#, #"{"packageId": "pro\u0000"}"#, #"{"packageId": ["pro"]}"#,
    ])
    func `a package that is not sold is refused, and Stripe is not asked`(body: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, body, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == ["packageId"])
            #expect(site.stripe.requests.isEmpty)
            #expect(
                try site.count(
                    "SELECT COUNT(*) AS count FROM purchases WHERE account_id = \(user.account)")
                    == 0)
        }
    }

    @Test func `the same key and body get the same page`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let first = try site.post(path, order, as: user, key("k"))
            let again = try site.post(path, order, as: user, key("k"))
            #expect(again.status == 201)
            #expect(again.response.body == first.response.body)
            #expect(site.stripe.requests.count == 1)
            let other = try site.post(path, #"{"packageId": "starter"}"#, as: user, key("k"))
            #expect(other.status == 409)
            #expect(other.code == "IDEMPOTENCY_CONFLICT")
            #expect(
                try site.post(path, order, as: user).json["purchaseId"]
                    != first.json["purchaseId"])
        }
    }

    @Test(arguments: [400, 402, 500])
    func `after a failure of Stripe's the same call goes on with the same order`(
        status: Int
    ) throws {
        try withSite { site in
            let user = try site.makeUser()
            site.stripe.refuseNext(status)
            let failed = try site.post(path, order, as: user, key("k"))
            #expect(failed.status == 502)
            #expect(failed.code == "API_ERROR")
            let answer = try site.post(path, order, as: user, key("k"))
            #expect(answer.status == 201)
            let keys = site.stripe.requests.map(\.idempotencyKey)
            #expect(keys.count == 2)
            #expect(keys[0] == keys[1])
            #expect(keys[0] == "purchase:\(answer.json["purchaseId"]?.string ?? "")")
            #expect(site.stripe.requests[0].body == site.stripe.requests[1].body)
            #expect(
                try site.count(
                    "SELECT COUNT(*) AS count FROM purchases WHERE account_id = \(user.account)")
                    == 1)
        }
    }

    @Test func `what Stripe calls worth another try is tried again under the same key`() throws {
        try withSite { site in
            let user = try site.makeUser()
            site.stripe.meet(.answerLost)
            let answer = try site.post(path, order, as: user)
            #expect(answer.status == 201)
            let keys = site.stripe.requests.map(\.idempotencyKey)
            #expect(keys.count == 2 && keys[0] == keys[1])
        }
    }

    @Test func `the same call while the first one runs gets the same page`() throws {
        try withFreshDatabase { configuration in
            let stripe = TinyStripe()
            let site = TestSite(Connection(configuration), stripe: stripe)
            let user = try site.makeUser()
            let answer = Mutex<Answer?>(nil)
            stripe.afterNext("/v1/checkout/sessions") {
                let second = TestSite(Connection(configuration), stripe: stripe)
                let inner = try? second.post(path, order, as: user, key("k"))
                answer.withLock { $0 = inner }
            }
            let outer = try site.post(path, order, as: user, key("k"))
            let inner = answer.withLock { $0 }
            #expect(outer.status == 201)
            #expect(inner?.status == 201)
            #expect(inner?.response.body == outer.response.body)
            #expect(Set(stripe.requests.map(\.idempotencyKey)).count == 1)
            #expect(try site.count("SELECT COUNT(*) AS count FROM purchases") == 1)
        }
    }

    @Test func `the buyer who waits sees the payment although no webhook came`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, order, as: user)
            let id = try #require(answer.json["purchaseId"]?.string)
            let session = try #require(answer.json["sessionId"]?.string)
            site.stripe.complete(session)
            let shown = try site.get("/api/credits/purchases/\(id)", as: user)
            #expect(shown.json["status"] == "paid")
            #expect(shown.json["url"] == nil)
            #expect(shown.json["paidAt"] != .null)
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(55))
            let lines = try site.get("/api/credits/transactions", as: user)
            #expect(lines.items.compactMap { $0["type"]?.string } == ["bonus", "credit_purchase"])
            #expect(lines.items.allSatisfy { $0["purchaseId"]?.string == id })
            // It is final: nobody is asked again.
            let count = site.stripe.requests.count
            _ = try site.get("/api/credits/purchases/\(id)", as: user)
            #expect(site.stripe.requests.count == count)
        }
    }

    @Test func `Stripe is asked every two seconds at most`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, order, as: user)
            let id = try #require(answer.json["purchaseId"]?.string)
            for _ in 0..<5 {
                #expect(try site.get("/api/credits/purchases/\(id)", as: user).status == 200)
            }
            #expect(site.stripe.requests.count == 2)
        }
    }

    @Test func `an order stays open while Stripe cannot be asked`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, order, as: user)
            let id = try #require(answer.json["purchaseId"]?.string)
            site.stripe.refuseNext(500)
            let shown = try site.get("/api/credits/purchases/\(id)", as: user)
            #expect(shown.status == 200)
            #expect(shown.json["status"] == "pending")
        }
    }

    @Test func `a session of another amount or order grants nothing`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(path, order, as: user)
            let id = try #require(answer.json["purchaseId"]?.string)
            let other = try site.post(path, #"{"packageId": "starter"}"#, as: user)
            let otherSession = try #require(other.json["sessionId"]?.string)
            // The row is made to point at the other order's session.
            try site.database.execute(
                "UPDATE purchases SET session_id = NULL WHERE session_id = \(otherSession)")
            try site.database.execute(
                "UPDATE purchases SET session_id = \(otherSession) WHERE id = \(id)")
            site.stripe.complete(otherSession)
            let shown = try site.get("/api/credits/purchases/\(id)", as: user)
            #expect(shown.json["status"] == "pending")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(0))
        }
    }
}

struct BalanceTests {
    @Test func `a balance is exact to the micro-dollar`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let policy = site.site.settings.creditPolicy
            for micros: Int64 in [372_000, 1, 10_000_000_000_000] {
                try site.database.grantCredit(
                    Money(micros: micros), to: user.account, reason: "Test", policy: policy,
                    grant: .new())
            }
            let text = try site.get("/api/credits/balance", as: user).text
            #expect(text.hasPrefix(#"{"available":10000000.372001,"reserved":0,"lots":["#))
            #expect(text.contains(#""remaining":0.000001,"#))
            let lines = try site.get("/api/credits/transactions", as: user).text
            #expect(lines.contains(#""amount":0.372,"balanceAfter":0.372,"#))
            #expect(lines.contains(#""balanceAfter":10000000.372001,"#))
        }
    }

    @Test func `each line tells what came and went, and for which video`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user, tier: "basic")
            _ = try site.post("/api/videos/\(video)/cancellation", as: user)
            let lines = try site.get("/api/credits/transactions", as: user)
            #expect(lines.items.compactMap { $0["type"]?.string } == ["refund", "charge", "grant"])
            #expect(lines.items[1]["jobId"]?.string == video.description)
            #expect(lines.text.contains(#""amount":-1.55,"balanceAfter":3.45,"#))
            #expect(lines.text.contains(#""amount":1.55,"balanceAfter":5,"#))
        }
    }

    @Test func `credit that has lapsed is not shown`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            try site.database.execute(
                """
                UPDATE credit_lots
                SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE account_id = \(user.account)
                """)
            let balance = try site.get("/api/credits/balance", as: user)
            #expect(balance.json["available"] == .integer(0))
            #expect(balance.json["lots"] == .array([]))
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(0))
        }
    }
}
