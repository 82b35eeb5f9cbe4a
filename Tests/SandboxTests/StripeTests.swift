import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Stripe
import Testing

struct SessionTests {
    @Test func `a new session is open, unpaid and as it was ordered`() throws {
        let session = try World().session()
        #expect(session.id.hasPrefix("cs_test_"))
        #expect(session.url == "http://localhost:8487/checkout/\(session.id)")
        #expect(session.status == .open)
        #expect(session.paymentStatus == .unpaid)
        #expect(session.amountTotal == 1000)
        #expect(session.currency == "usd")
        #expect(session.clientReferenceID == "order_42")
        #expect(session.metadata == ["purchase_id": "order_42"])
        #expect(session.paymentIntent == nil)
        #expect(session.mode == "payment")
        #expect(!session.isLive)
        #expect(session.expiresAt == session.createdAt.addingTimeInterval(86_400))
    }

    @Test func `one key makes one session, and another order under it is refused`() throws {
        let world = try World()
        let first = try world.session(key: "k")
        #expect(try world.session(key: "k").id == first.id)
        #expect(try world.session(key: "other").id != first.id)
        let error = #expect(throws: StripeError.self) {
            try world.stripe.createCheckoutSession(
                CheckoutSessionRequest(
                    productName: "Credit", unitAmount: 2000, clientReferenceID: "order_42",
                    successURL: "https://shop.example/", cancelURL: "https://shop.example/"),
                idempotencyKey: "k")
        }
        #expect(error?.failure.type == "idempotency_error")
        try world.restart()
        #expect(try world.session(key: "k").id == first.id)
        world.pass(24 * 3600)
        #expect(try world.session(key: "k").id != first.id)
    }

    @Test func `a key does not keep a refusal of wrong parameters`() throws {
        let world = try World()
        func create(_ amount: Int) throws(StripeError) -> CheckoutSession {
            try world.stripe.createCheckoutSession(
                CheckoutSessionRequest(
                    productName: "Credit", unitAmount: amount, clientReferenceID: "order_42",
                    successURL: "https://shop.example/", cancelURL: "https://shop.example/"),
                idempotencyKey: "k")
        }
        let error = #expect(throws: StripeError.self) { try create(49) }
        #expect(error?.failure.code == "amount_too_small")
        #expect(try create(50).amountTotal == 50)
    }

    private static let good =
        "mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd"
        + "&line_items[0][price_data][unit_amount]=1000"
        + "&line_items[0][price_data][product_data][name]=x&success_url=https%3A%2F%2Fx.example"

    private func answer(_ form: String) throws -> (status: Int, error: JSONValue?) {
        let response = try World().send(
            OutboundRequest(
                method: .post, url: "/v1/checkout/sessions",
                fields: [.authorization: "Bearer sk_test_key"], body: Array(form.utf8)))
        return (response.status.code, try JSONValue(parsing: response.body)["error"])
    }

    @Test(arguments: [
        "", "&metadata[a]=b", "&payment_intent_data[metadata][a]=b",
        "&allowed_payment_method_types[0]=card", "&allowed_payment_method_types[]=card",
        "&adaptive_pricing[enabled]=false", "&expires_at=1767229200", "&locale=auto",
        "&line_items%5B1%5D%5Bquantity%5D=2&line_items[1][price_data][currency]=usd"
            + "&line_items[1][price_data][unit_amount]=5"
            + "&line_items[1][price_data][product_data][name]=y",
    ])
    func `a documented parameter is taken`(extra: String) throws {
        #expect(try answer(Self.good + extra).status == 200)
    }

    @Test(arguments: [
        ("&foo=1", "parameter_unknown", "foo"),
        ("&payment_method_types[]=card", "parameter_unknown", "payment_method_types"),
        ("&payment_method_types[0]=card", "parameter_unknown", "payment_method_types"),
        ("&line_items[0][amount]=5", "parameter_unknown", "line_items[0][amount]"),
        ("&line_items[0][name]=5", "parameter_unknown", "line_items[0][name]"),
        ("&metadata=b", "parameter_unknown", "metadata"),
        ("&adaptive_pricing[enabled]=no", nil, "adaptive_pricing[enabled]"),
        ("&ui_mode=hosted", nil, "ui_mode"), ("&expires_at=1767226000", nil, "expires_at"),
        ("&expires_at=soon", "parameter_invalid_integer", "expires_at"),
        ("&customer_email=x", "email_invalid", "customer_email"),
        ("&line_items[2][quantity]=1", nil, "line_items"), ("&mode=payment", nil, "mode"),
        ("&cancel_url=/credits", "url_invalid", "cancel_url"),
        ("&client_reference_id=\(String(repeating: "x", count: 201))", nil, "client_reference_id"),
    ])
    func `anything else is refused by name`(extra: String, code: String?, param: String) throws {
        let (status, error) = try answer(Self.good + extra)
        #expect(status == 400)
        #expect(error?["type"]?.string == "invalid_request_error")
        #expect(error?["code"]?.string == code)
        #expect(error?["param"]?.string == param)
    }

    @Test(arguments: [
        ("mode=payment&", "", "mode"), ("&success_url=https%3A%2F%2Fx.example", "", "success_url"),
        ("unit_amount]=1000", "unit_amount]=10.00", "line_items[0][price_data][unit_amount]"),
        ("unit_amount]=1000", "unit_amount]=1e3", "line_items[0][price_data][unit_amount]"),
        ("currency]=usd", "currency]=USD", "line_items[0][price_data][currency]"),
        ("quantity]=1", "quantity]=0", "line_items[0]"),
    ])
    func `a missing or malformed one is refused by name`(
        from: String, to: String, param: String
    ) throws {
        let (status, error) = try answer(Self.good.replacing(from, with: to))
        #expect(status == 400)
        #expect(error?["param"]?.string == param)
    }

    @Test func `only the configured key opens, as Bearer or Basic`() throws {
        let world = try World()
        func status(_ authorization: String?) throws -> Int {
            var fields = HTTPFields()
            fields[.authorization] = authorization
            return try world.send(
                OutboundRequest(method: .get, url: "/v1/balance", fields: fields)
            ).status.code
        }
        #expect(try status("Bearer sk_test_key") == 200)
        #expect(try status("Basic c2tfdGVzdF9rZXk6") == 200)
        #expect(try status("Bearer sk_test_other") == 401)
        #expect(try status("Basic b3RoZXI6") == 401)
        #expect(try status(nil) == 401)
    }

    @Test func `an address or object that is not there is not found`() throws {
        let world = try World()
        let error = #expect(throws: StripeError.self) {
            try world.stripe.checkoutSession(id: "cs_test_none")
        }
        #expect(error?.isNotFound == true)
        #expect(error?.failure.code == "resource_missing")
        #expect(error?.failure.requestID?.hasPrefix("req_") == true)
    }
}

struct CheckoutTests {
    @Test func `paying tells the shop first and then sends the buyer back`() throws {
        let world = try World()
        let session = try world.session()
        let response = try world.post("/checkout/\(session.id)/pay")
        #expect(response.status == .seeOther)
        #expect(response.location == "https://shop.example/paid?s=\(session.id)")
        #expect(world.eventTypes == ["checkout.session.completed"])
        let paid = try world.stripe.checkoutSession(id: session.id)
        #expect(paid.status == .complete)
        #expect(paid.paymentStatus == .paid)
        #expect(paid.url == nil)
        let payment = try #require(paid.paymentIntent)
        let charge = try #require(try world.stripe.paidCharge(ofPaymentIntent: payment))
        #expect(charge.amount == 1000)
        #expect(charge.metadata == ["purchase_id": "order_42"])
        #expect(try world.stripe.charge(id: charge.id) == charge)
        #expect(
            try world.stripe.checkoutSessions(ofPaymentIntent: payment).map(\.id) == [session.id])
        #expect(try world.get("/checkout/\(session.id)").text.contains("This was paid."))
        #expect(try world.stripe.balance().available.first?.amount == 941)
    }

    @Test func `events are signed as the reference says`() throws {
        let world = try World()
        try world.post("/checkout/\(try world.session().id)/pay")
        let request = try #require(world.received.first)
        #expect(request.url == "https://shop.example/api/webhooks/stripe")
        let header = request.fields.filter { $0.name.canonicalName == "stripe-signature" }
            .map(\.value)
        func isGenuine(_ secret: String, _ body: [UInt8]?) -> Bool {
            StripeSignature.verify(
                header: header, body: body ?? [], secrets: [secret], now: world.now)
        }
        #expect(isGenuine(World.webhookSecret, request.body))
        #expect(!isGenuine("whsec_other", request.body))
        #expect(!isGenuine(World.webhookSecret, (request.body ?? []) + [0x0a]))
    }

    @Test func `what moved the balance is listed, and says what it cost`() throws {
        let world = try World()
        let session = try world.session()
        try world.post("/checkout/\(session.id)/pay")
        let payment = try #require(
            try world.stripe.checkoutSession(id: session.id).paymentIntent)
        try world.post("/control/stripe/payments/\(payment)/dispute")
        let dispute = try #require(try world.stripe.disputes(ofPaymentIntent: payment).data.first)
        try world.post("/control/stripe/disputes/\(dispute.id)/win")
        let start = world.now.addingTimeInterval(-60)
        let moved = try world.stripe.balanceTransactions(createdFrom: start).data
        #expect(moved.map(\.type) == ["adjustment", "adjustment", "charge"])
        #expect(moved.map(\.amount) == [1000, -1000, 1000])
        #expect(moved.map(\.fee) == [0, 1500, 59])
        #expect(moved.allSatisfy { $0.source?.paymentIntent == payment })
        #expect(try world.stripe.balance().available.first?.amount == 1000 - 59 - 1500)
        // An older page, and what no such list takes.
        let older = try world.stripe.balanceTransactions(createdFrom: start, after: moved[0].id)
        #expect(older.data == Array(moved.dropFirst()) && !older.hasMore)
        #expect(try world.stripe.balanceTransactions(createdFrom: world.now + 60).data.isEmpty)
    }

    @Test func `paying twice takes the money once`() throws {
        let world = try World()
        let session = try world.session()
        for _ in 0..<2 {
            #expect(try world.post("/checkout/\(session.id)/pay").status == .seeOther)
        }
        #expect(world.eventTypes == ["checkout.session.completed"])
        #expect(try world.stripe.balance().available.first?.amount == 941)
    }

    @Test func `a declined card leaves the session open`() throws {
        let world = try World()
        let session = try world.session()
        let page = try world.post("/checkout/\(session.id)/decline")
        #expect(page.text.contains("Your card was declined."))
        #expect(try world.stripe.checkoutSession(id: session.id).status == .open)
        #expect(try world.post("/checkout/\(session.id)/pay").status == .seeOther)
        #expect(try world.stripe.checkoutSession(id: session.id).paymentStatus == .paid)
    }

    @Test func `cards are declined and pay by the controls, and their charges told of again`()
        throws
    {
        let world = try World()
        let session = try world.session()
        for button in ["decline", "decline", "pay"] {
            #expect(
                try world.post("/control/stripe/sessions/\(session.id)/\(button)").status == .ok)
        }
        #expect(
            try world.post("/control/stripe/sessions/\(session.id)/decline").status == .conflict)
        let charges = try world.items("/control/stripe/charges")
        #expect(
            charges.map { $0["status"]?.string } == ["failed", "failed", "succeeded"])
        let id = try #require(charges.first?["id"]?.string)
        let path = "/control/stripe/charges/\(id)/tell"
        #expect(try world.post(path, "type=charge.updated").status == .ok)
        #expect(try world.post(path, "type=charge.refunded").status == .conflict)
        #expect(
            try world.post("/control/stripe/charges/none/tell", "type=charge.failed").status
                == .conflict)
        #expect(try world.items("/control/stripe/events").last?["type"]?.string == "charge.updated")
    }

    @Test(arguments: [true, false])
    func `a payment that takes days is complete, unpaid, and then paid or not`(
        succeeds: Bool
    ) throws {
        let world = try World()
        let session = try world.session()
        #expect(try world.post("/checkout/\(session.id)/pay-later").status == .seeOther)
        var now = try world.stripe.checkoutSession(id: session.id)
        #expect(now.status == .complete)
        #expect(now.paymentStatus == .unpaid)
        let path = "/control/stripe/sessions/\(session.id)/\(succeeds ? "settle" : "fail")"
        #expect(try world.post(path).status == .ok)
        #expect(try world.post(path).status == .conflict)
        world.pass(1)
        now = try world.stripe.checkoutSession(id: session.id)
        #expect(now.paymentStatus == (succeeds ? .paid : .unpaid))
        let end = "checkout.session.async_payment_\(succeeds ? "succeeded" : "failed")"
        #expect(
            world.eventTypes.filter { $0.hasPrefix("checkout.") }
                == ["checkout.session.completed", end])
    }

    @Test func `abandoning leads back and leaves the session open`() throws {
        let world = try World()
        let session = try world.session()
        let response = try world.post("/checkout/\(session.id)/abandon")
        #expect(response.location == "https://shop.example/credits")
        #expect(try world.stripe.checkoutSession(id: session.id).status == .open)
    }

    @Test func `a session expires by the clock or by a call, and cannot be paid then`() throws {
        let world = try World()
        let first = try world.session()
        let second = try world.session()
        #expect(try world.expire(second.id).status == 200)
        world.pass(24 * 3600 + 1)
        for id in [first.id, second.id] {
            #expect(try world.stripe.checkoutSession(id: id).status == .expired)
            #expect(try world.post("/checkout/\(id)/pay").status == .gone)
        }
        #expect(world.eventTypes == ["checkout.session.expired", "checkout.session.expired"])
        #expect(try world.expire(first.id).status == 400)
    }

    @Test func `another application's payment has its reference and not the shop's mark`() throws {
        let world = try World()
        let reference = UUID().uuidString
        try world.post("/control/stripe/foreign", "reference=\(reference)&amountCents=999")
        try world.post("/control/stripe/foreign", "reference=\(reference)&installation=other")
        let sessions = try world.stripe.completedSessions(createdFrom: world.now).data
        #expect(sessions.map(\.clientReferenceID) == [reference, reference])
        #expect(sessions.map(\.metadata) == [["rushes_installation": "other"], [:]])
        #expect(sessions.map(\.amountTotal) == [1000, 999])
        #expect(sessions.allSatisfy { $0.paymentStatus == .paid })
        // Its payment and its charge are marked as the session is.
        let payment = try #require(sessions[0].paymentIntent)
        let mark = ["rushes_installation": "other"]
        #expect(try world.stripe.metadata(ofPaymentIntent: payment) == mark)
        #expect(try world.stripe.paidCharge(ofPaymentIntent: payment)?.metadata == mark)
        world.pass(1)
        #expect(world.eventTypes.count { $0 == "checkout.session.completed" } == 2)
        #expect(try world.post("/control/stripe/foreign").status == 409)
    }

    @Test func `a shop that does not answer is told again, with growing pauses`() throws {
        let world = try World()
        world.shopAnswers = { _ throws(TransportError) in 500 }
        #expect(try world.post("/checkout/\(try world.session().id)/pay").status == .seeOther)
        func attempts() -> Int { world.eventTypes.count { $0 == "checkout.session.completed" } }
        #expect(attempts() == 1)
        world.pass(1)
        #expect(attempts() == 1)
        world.pass(1.5)
        #expect(attempts() == 2)
        world.shopAnswers = { _ throws(TransportError) in throw TransportError(.notSent, "down") }
        world.pass(4)
        #expect(attempts() == 3)
        world.shopAnswers = { _ throws(TransportError) in 200 }
        world.pass(8)
        #expect(attempts() == 4)
        world.pass(1000)
        #expect(attempts() == 4)
    }

    @Test func `a product's name cannot break the page`() throws {
        let world = try World()
        let session = try world.stripe.createCheckoutSession(
            CheckoutSessionRequest(
                productName: "<script>alert('1')</script>", unitAmount: 1000,
                clientReferenceID: "order_42", successURL: "https://shop.example/",
                cancelURL: "https://shop.example/\"><b>"),
            idempotencyKey: "k")
        let page = try world.get("/checkout/\(session.id)").text
        #expect(!page.contains("<script"))
        #expect(page.contains("&lt;script&gt;"))
    }

    @Test func `a form on another site's page presses no button`() throws {
        let world = try World()
        let session = try world.session()
        let name = try #require(HTTPField.Name("Sec-Fetch-Site"))
        let response = try world.send(
            OutboundRequest(
                method: .post, url: "/checkout/\(session.id)/pay", fields: [name: "cross-site"]))
        #expect(response.status == .forbidden)
        #expect(try world.stripe.checkoutSession(id: session.id).status == .open)
    }
}

struct MovementTests {
    private func paid(_ world: World) throws -> String {
        let session = try world.session()
        try world.post("/checkout/\(session.id)/pay")
        return try #require(try world.stripe.checkoutSession(id: session.id).paymentIntent)
    }

    @Test func `refunds add up to the charge and never beyond`() throws {
        let world = try World()
        let payment = try paid(world)
        func refund(_ cents: Int, _ key: String) throws(StripeError) -> StripeRefund {
            try world.stripe.refund(
                paymentIntent: payment, amountCents: cents, reason: .requestedByCustomer,
                idempotencyKey: key)
        }
        let first = try refund(400, "a")
        #expect(first.status == .succeeded)
        #expect(try refund(400, "a").id == first.id)
        let error = #expect(throws: StripeError.self) { try refund(601, "b") }
        #expect(error?.failure.param == "amount")
        _ = try refund(600, "c")
        let charge = try world.stripe.paidCharge(ofPaymentIntent: payment)
        #expect(charge?.amountRefunded == 1000)
        #expect(charge?.isRefunded == true)
        let again = #expect(throws: StripeError.self) { try refund(1, "d") }
        #expect(again?.failure.code == "charge_already_refunded")
        #expect(
            try world.stripe.refunds(ofPaymentIntent: payment).data.map(\.amount) == [600, 400])
    }

    @Test func `a refund that fails later gives the amount back to the charge`() throws {
        let world = try World()
        let payment = try paid(world)
        try world.post("/control/stripe/payments/\(payment)/refund", "amountCents=400")
        let refund = try #require(
            try world.stripe.refunds(ofPaymentIntent: payment).data.first)
        #expect(try world.post("/control/stripe/refunds/\(refund.id)/fail").status == .ok)
        #expect(try world.stripe.refunds(ofPaymentIntent: payment).data.first?.status == .failed)
        #expect(try world.stripe.paidCharge(ofPaymentIntent: payment)?.amountRefunded == 0)
        world.pass(1)
        #expect(
            Set(world.eventTypes).isSuperset(
                of: ["charge.refunded", "refund.created", "refund.updated", "refund.failed"]))
    }

    @Test(arguments: [("win", "won"), ("lose", "lost")])
    func `a dispute is opened and ends`(button: String, status: String) throws {
        let world = try World()
        let payment = try paid(world)
        try world.post("/control/stripe/payments/\(payment)/dispute")
        var dispute = try #require(
            try world.stripe.disputes(ofPaymentIntent: payment).data.first)
        #expect(dispute.status == .needsResponse)
        #expect(try world.stripe.paidCharge(ofPaymentIntent: payment)?.isDisputed == true)
        #expect(try world.post("/control/stripe/disputes/\(dispute.id)/close").status == .conflict)
        #expect(try world.post("/control/stripe/disputes/\(dispute.id)/\(button)").status == .ok)
        dispute = try world.stripe.dispute(id: dispute.id)
        #expect(dispute.status.text == status)
        #expect(dispute.status.isClosed)
        world.pass(1)
        #expect(
            world.eventTypes.filter { $0.hasPrefix("charge.dispute") }.count
                == (status == "won" ? 4 : 3))
    }

    @Test func `an inquiry moves no money and is closed, or becomes a dispute`() throws {
        let world = try World()
        let first = try paid(world)
        try world.post("/control/stripe/payments/\(first)/dispute", "inquiry=true")
        let inquiry = try #require(try world.stripe.disputes(ofPaymentIntent: first).data.first)
        #expect(inquiry.status.isInquiry)
        #expect(try world.stripe.balance().available.first?.amount == 941)
        #expect(try world.post("/control/stripe/disputes/\(inquiry.id)/win").status == .conflict)
        try world.post("/control/stripe/disputes/\(inquiry.id)/close")
        #expect(try world.stripe.dispute(id: inquiry.id).status == .warningClosed)

        let second = try paid(world)
        try world.post("/control/stripe/payments/\(second)/dispute", "inquiry=true")
        let other = try #require(try world.stripe.disputes(ofPaymentIntent: second).data.first)
        try world.post("/control/stripe/disputes/\(other.id)/escalate")
        #expect(try world.stripe.dispute(id: other.id).status == .needsResponse)
        world.pass(1)
        #expect(world.eventTypes.count { $0 == "charge.dispute.funds_withdrawn" } == 1)
    }
}

struct EventListTests {
    @Test func `events are listed newest first, by type, page by page`() throws {
        let world = try World()
        for _ in 0..<3 {
            try world.post("/checkout/\(try world.session().id)/pay")
            world.pass(10)
        }
        let start = Date(timeIntervalSince1970: 1_767_225_600)
        let type = "checkout.session.completed"
        let all = try world.stripe.events(createdFrom: start, types: [type])
        #expect(all.data.count == 3)
        #expect(!all.hasMore)
        #expect(all.data.map(\.createdAt) == all.data.map(\.createdAt).sorted(by: >))
        let first = try world.stripe.events(createdFrom: start, types: [type], limit: 2)
        #expect(first.hasMore)
        let rest = try world.stripe.events(
            createdFrom: start, after: first.data.last?.id, types: [type], limit: 2)
        #expect(first.data + rest.data == all.data)
        #expect(!rest.hasMore)
        let late = try world.stripe.events(
            createdFrom: start.addingTimeInterval(11), types: [type])
        #expect(late.data.count == 1)
        #expect(throws: StripeError.self) {
            try world.stripe.events(createdFrom: start, limit: 101)
        }
    }
}
