import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import PaymentSupport
import Sandbox
import Sodium
import Store
import Testing

@testable import Web

struct StripeWebhookTests {
    private let path = "/api/webhooks/stripe"

    private func event(
        _ session: String, id: String = "evt_\(UUID().uuidString)",
        type: String = "checkout.session.completed", kind: String = "checkout.session"
    ) -> String {
        """
        {"id": "\(id)", "object": "event", "type": "\(type)", "livemode": false,
        "created": 1795341600, "data": {"object": {"id": "\(session)", "object": "\(kind)"}}}
        """
    }

    private func signature(
        of body: String, secret: String = TestSite.stripeSecret, age: Int = 0
    ) -> (name: String, value: String) {
        let time = Int(Date().timeIntervalSince1970) - age
        let code = HMACSHA256(key: Array(secret.utf8)).code(for: Array("\(time).\(body)".utf8))
        return (Header.stripeSignature, "t=\(time),v1=\(Hex.encode(code))")
    }

    private func deliver(_ body: String, to site: TestSite) throws -> Answer {
        try site.post(path, body, [signature(of: body)])
    }

    /// A user who has ordered 50 + 5 dollars of credit, and the order's session.
    private func ordered(_ site: TestSite) throws -> (user: TestUser, id: String, session: String) {
        let user = try site.makeUser()
        let answer = try site.post(
            "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
        return (
            user, try #require(answer.json["purchaseId"]?.string),
            try #require(answer.json["sessionId"]?.string)
        )
    }

    private func balance(_ site: TestSite, _ user: TestUser) throws -> JSONValue? {
        try site.get("/api/me", as: user).json["balance"]
    }

    private func status(_ site: TestSite, _ id: String) throws -> String? {
        try site.database.first("SELECT state FROM purchases WHERE id = \(id)") { row in
            try row("state")
        }
    }

    @Test func `a payment is credited once, with its bonus`() throws {
        try withSite { site in
            let (user, id, session) = try ordered(site)
            site.stripe.complete(session)
            let answer = try deliver(event(session), to: site)
            #expect(answer.status == 200)
            #expect(try balance(site, user) == .integer(55))
            #expect(try status(site, id) == "paid")
        }
    }

    @Test func `twenty copies of an event, and other events of the session, add nothing`() throws {
        try withSite { site in
            let (user, _, session) = try ordered(site)
            site.stripe.complete(session)
            let body = event(session)
            for _ in 0..<20 { #expect(try deliver(body, to: site).status == 200) }
            let other = event(session, type: "checkout.session.async_payment_succeeded")
            #expect(try deliver(other, to: site).status == 200)
            #expect(try deliver(event(session), to: site).status == 200)
            #expect(try balance(site, user) == .integer(55))
            #expect(try site.get("/api/credits/transactions", as: user).items.count == 2)
        }
    }

    @Test func `copies that come at once are credited once (W4)`() throws {
        try withFreshDatabase { configuration in
            let first = TestSite(Connection(configuration))
            let (user, _, session) = try ordered(first)
            let known = try #require(first.stripe.sessions.first)
            let body = event(session)
            let header = signature(of: body)
            let statuses = try inParallel(8) { _ in
                let stripe = TinyStripe()
                stripe.adopt(known)
                stripe.complete(session)
                let site = TestSite(Connection(configuration), stripe: stripe)
                return try site.post(path, body, [header]).status
            }
            #expect(statuses == Array(repeating: 200, count: 8))
            #expect(try balance(first, user) == .integer(55))
        }
    }

    @Test func `what the event says is not believed, only what Stripe says when asked (W3)`() throws
    {
        try withSite { site in
            let (user, id, session) = try ordered(site)
            let answer = try deliver(event(session), to: site)
            #expect(answer.status == 200)
            #expect(try balance(site, user) == .integer(0))
            #expect(try status(site, id) == "pending")
        }
    }

    @Test func `an unpaid session waits, a failed one ends, and a late payment still counts`()
        throws
    {
        try withSite { site in
            let (user, id, session) = try ordered(site)
            site.stripe.complete(session, isPaid: false)
            _ = try deliver(event(session), to: site)
            #expect(try status(site, id) == "pending")
            _ = try deliver(event(session, type: "checkout.session.async_payment_failed"), to: site)
            #expect(try status(site, id) == "failed")
            #expect(try balance(site, user) == .integer(0))
            site.stripe.complete(session)
            _ = try deliver(
                event(session, type: "checkout.session.async_payment_succeeded"), to: site)
            #expect(try status(site, id) == "paid")
            #expect(try balance(site, user) == .integer(55))
        }
    }

    @Test func `a session that was never used expires`() throws {
        try withSite { site in
            let (user, id, session) = try ordered(site)
            site.stripe.expire(session)
            #expect(
                try deliver(event(session, type: "checkout.session.expired"), to: site).status
                    == 200)
            #expect(try status(site, id) == "expired")
            #expect(
                try site.get("/api/credits/purchases/\(id)", as: user).json["status"] == "expired")
        }
    }

    @Test func `an event of an order that is not known yet is kept, and answered (W5)`() throws {
        try withSite { site in
            let (_, id, session) = try ordered(site)
            let known = try #require(site.stripe.sessions.first)
            let reference = "\(PurchaseID.new())"
            site.stripe.adopt(
                TinyStripe.Session(
                    id: "\(session)_3", reference: reference, amount: known.amount, metadata: [:]))
            let other = TinyStripe.Session(
                id: "\(session)_2", reference: reference, amount: known.amount,
                metadata: known.metadata)
            site.stripe.adopt(other)
            // The first is ours, of an order that is not there; the second is another
            // application's (P8); the third is not even Stripe's.
            for (name, isKept) in [
                (other.id, true), ("\(session)_3", false), ("cs_test_unknown", false),
            ] {
                let event = "evt_\(UUID().uuidString)"
                let answer = try deliver(self.event(name, id: event), to: site)
                #expect(answer.status == 200)
                let isOpen = try site.database.first(
                    "SELECT processed_at IS NULL AS open FROM vendor_events WHERE event_id = \(event)"
                ) { row in try row("open") as Bool }
                #expect(isOpen == isKept)
            }
            #expect(try status(site, id) == "pending")
        }
    }

    @Test func `an event that came before Stripe's answer to us is applied by its reference`()
        throws
    {
        try withSite { site in
            let (user, id, session) = try ordered(site)
            try site.database.execute(
                "UPDATE purchases SET session_id = NULL, checkout_url = NULL WHERE id = \(id)")
            site.stripe.complete(session)
            #expect(try deliver(event(session), to: site).status == 200)
            #expect(try balance(site, user) == .integer(55))
        }
    }

    @Test func `an event of another kind is taken, and nobody is asked`() throws {
        try withSite { site in
            let answer = try deliver(
                event("cus_1", type: "customer.created", kind: "customer"), to: site)
            #expect(answer.status == 200)
            #expect(site.stripe.requests.isEmpty)
        }
    }

    @Test func `what is not signed by the secret, lately, over these bytes is refused (W1)`() throws
    {
        try withSite { site in
            let (user, _, session) = try ordered(site)
            site.stripe.complete(session)
            let body = event(session)
            let good = signature(of: body)
            let refused: [[(name: String, value: String)]] = [
                [], [(Header.stripeSignature, "")], [(Header.stripeSignature, "t=1,v1=00")],
                [signature(of: body, secret: "whsec_another")], [signature(of: body, age: 301)],
                [signature(of: body, age: -302)], [signature(of: body + " ")], [good, good],
                [good, signature(of: body, secret: "whsec_another")],
                [(Header.stripeSignature, good.value.uppercased())],
            ]
            for headers in refused {
                let answer = try site.post(path, body, headers)
                #expect(answer.status == 400)
                #expect(answer.refused == ["Stripe-Signature"])
            }
            #expect(try balance(site, user) == .integer(0))
            #expect(site.stripe.requests.count == 1)
            #expect(try site.post(path, body, [good]).status == 200)
            #expect(try balance(site, user) == .integer(55))
        }
    }

    @Test(arguments: ["", "{}", "[]", "x", #"{"id": 1}"#, #"{"id": "evt_1"}"#])
    func `a signed body that is no event is refused`(body: String) throws {
        try withSite { site in
            let answer = try deliver(body, to: site)
            #expect(answer.status == 400)
        }
    }

    @Test func `Stripe sends again when we could not ask it (W2)`() throws {
        try withSite { site in
            let (user, _, session) = try ordered(site)
            site.stripe.complete(session)
            let body = event(session)
            site.stripe.refuseNext(500)
            site.stripe.meet(.notSent)
            for _ in 0..<2 { #expect(try deliver(body, to: site).status == 502) }
            #expect(try balance(site, user) == .integer(0))
            #expect(try deliver(body, to: site).status == 200)
            #expect(try balance(site, user) == .integer(55))
        }
    }

    @Test func `Stripe sends again when our database is down (W2)`() throws {
        var nowhere = try DatabaseConfiguration(url: "mariadb://root@localhost/rushes")
        nowhere.socket = "/nonexistent/socket"
        let answer = try deliver(event("cs_1"), to: TestSite(Connection(nowhere)))
        #expect(answer.status == 503)
    }

    @Test func `an event may be 128 kB long`() throws {
        try withSite { site in
            let base = event("cus_1", type: "customer.created", kind: "customer")
            let longest = base + String(repeating: " ", count: 128 * 1024 - base.utf8.count)
            let taken = try deliver(longest, to: site)
            #expect(taken.status == 200)
            let refused = try deliver(longest + " ", to: site)
            #expect(refused.status == 413)
        }
    }
}

struct PolloWebhookTests {
    private func headers(
        _ body: String, id: String = "msg_\(UUID().uuidString)", key: String? = nil
    ) throws -> [(name: String, value: String)] {
        let time = String(Int(Date().timeIntervalSince1970))
        let secret = try #require(Base64.decode(TestSite.polloSecret))
        let code = HMACSHA256(key: key.map { Array($0.utf8) } ?? secret)
            .code(for: Array("\(id).\(time).\(body)".utf8))
        return [
            ("HTTP_X_WEBHOOK_ID", id), ("HTTP_X_WEBHOOK_TIMESTAMP", time),
            ("HTTP_X_WEBHOOK_SIGNATURE", Base64.encode(code)),
        ]
    }

    /// A job that is rendering and is not to be looked at for an hour.
    private func rendering(_ site: TestSite, state: String = "submitted") throws -> VideoID {
        let user = try site.makeUser(credit: 5.dollars)
        let video = try site.makeVideo(for: user)
        try site.database.execute(
            """
            UPDATE video_jobs
            SET state = \(state), callback_token = \("token-\(video)"),
                task_id = IF(\(state) = 'submitted', \("task-\(video)"), NULL),
                next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR
            WHERE id = \(video)
            """)
        return video
    }

    private func isDue(_ site: TestSite, _ video: VideoID) throws -> Bool {
        try site.count(
            """
            SELECT COUNT(*) AS count FROM video_jobs
            WHERE id = \(video) AND next_attempt_at <= UTC_TIMESTAMP(6)
            """) == 1
    }

    @Test func `a callback makes its job due, by token or by task`() throws {
        try withSite { site in
            for path in ["/api/webhooks/pollo/token-", "/api/webhooks/pollo"] {
                let video = try rendering(site)
                let body = #"{"taskId": "task-\#(video)", "status": "succeed"}"#
                #expect(try !isDue(site, video))
                let full = path.hasSuffix("-") ? "\(path)\(video)" : path
                #expect(try site.post(full, body, headers(body)).status == 200)
                #expect(try isDue(site, video))
                let state = try site.database.first(
                    "SELECT state FROM video_jobs WHERE id = \(video)"
                ) { row in try row("state") as VideoState }
                #expect(state == .submitted)
            }
        }
    }

    @Test func `a callback tells the task of a job whose answer was lost`() throws {
        try withSite { site in
            let video = try rendering(site, state: "submit_unknown")
            let body = #"{"taskId": "task-\#(video)", "status": "processing"}"#
            let path = "/api/webhooks/pollo/token-\(video)"
            #expect(try site.post(path, body, headers(body)).status == 200)
            let found = try site.database.first(
                "SELECT state, task_id FROM video_jobs WHERE id = \(video)"
            ) { row in (try row("state") as VideoState, try row("task_id") as String?) }
            #expect(found?.0 == .submitted)
            #expect(found?.1 == "task-\(video)")
        }
    }

    @Test func `a forged callback is refused and changes nothing (W1)`() throws {
        try withSite { site in
            let video = try rendering(site)
            let body = #"{"taskId": "task-\#(video)", "status": "succeed"}"#
            let good = try headers(body)
            var refused = [
                [], try headers(body, key: "another secret"), try headers(body + " "),
                good + good,
            ]
            for index in good.indices {
                refused.append(good + [good[index]])
                refused.append(good.enumerated().filter { $0.offset != index }.map(\.element))
            }
            for headers in refused {
                for path in ["/api/webhooks/pollo", "/api/webhooks/pollo/token-\(video)"] {
                    let answer = try site.post(path, body, headers)
                    #expect(answer.status == 401)
                    // A vendor's machine does not sign in.
                    #expect(answer.json["error"]?["action"]?.string == nil)
                }
            }
            #expect(try !isDue(site, video))
        }
    }

    @Test(arguments: [
        #"{"taskId": "task-of-nobody"}"#, #"{"taskId": ""}"#, "{}", "x", "",
        #"{"taskId": 5}"#,
    ])
    func `a genuine callback that means nothing to us is answered (W5)`(body: String) throws {
        try withSite { site in
            for path in ["/api/webhooks/pollo", "/api/webhooks/pollo/nobody"] {
                let answer = try site.post(path, body, headers(body))
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `a callback that comes again changes nothing more`() throws {
        try withSite { site in
            let video = try rendering(site)
            let body = #"{"taskId": "task-\#(video)", "status": "succeed"}"#
            let headers = try headers(body)
            for _ in 0..<3 {
                #expect(try site.post("/api/webhooks/pollo", body, headers).status == 200)
            }
            #expect(
                try site.count(
                    "SELECT COUNT(*) AS count FROM vendor_events WHERE event_id = \(headers[0].value)"
                ) == 1)
        }
    }
}
