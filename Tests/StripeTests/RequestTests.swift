import FoundationEssentials
import Stripe
import Testing

private let session = """
    {"id":"cs_test_1","object":"checkout.session","url":"https://checkout.stripe.com/c/pay/cs_test_1",
    "status":"open","payment_status":"unpaid","mode":"payment","amount_subtotal":4799,
    "amount_total":4799,"currency":"usd","client_reference_id":"0190","metadata":{"purchase_id":"0190"},
    "payment_intent":null,"customer":null,"customer_details":null,"expires_at":1767312000,
    "created":1767225600,"livemode":false,"total_details":{"amount_discount":0,"amount_tax":0},
    "presentment_details":null,"something_new":{"a":[1]}}
    """

private let charge = """
    {"id":"ch_1","amount":1000,"amount_refunded":400,"refunded":false,"disputed":false,
    "currency":"usd","status":"succeeded","payment_intent":"pi_1","metadata":{},"livemode":false}
    """
private let refund = #"{"id":"re_1","amount":400,"status":"succeeded","payment_intent":"pi_1"}"#
private let dispute =
    #"{"id":"dp_1","amount":1000,"currency":"usd","status":"lost","livemode":false}"#

private func purchase(expiresAt: Date? = nil) -> CheckoutSessionRequest {
    CheckoutSessionRequest(
        productName: "Pro & 100% + é", unitAmount: 4799, clientReferenceID: "0190",
        metadata: ["purchase_id": "0190", "a b": "x+y"],
        successURL: "https://shop.example/paid?s={CHECKOUT_SESSION_ID}",
        cancelURL: "https://shop.example/credits", expiresAt: expiresAt)
}

struct RequestTests {
    @Test func `a checkout session is asked for by the book`() throws {
        let recorded = Recorded(200, session)
        let made = try recorded.client.createCheckoutSession(
            purchase(), idempotencyKey: "checkout-0190")
        #expect(made.id == "cs_test_1")
        #expect(
            recorded.wire == """
                POST https://stripe.example/v1/checkout/sessions
                mode=payment&client_reference_id=0190&line_items[0][quantity]=1\
                &line_items[0][price_data][currency]=usd\
                &line_items[0][price_data][unit_amount]=4799\
                &line_items[0][price_data][product_data][name]=Pro+%26+100%25+%2B+%C3%A9\
                &allowed_payment_method_types[0]=card&adaptive_pricing[enabled]=false\
                &metadata[a+b]=x%2By&metadata[purchase_id]=0190\
                &payment_intent_data[metadata][a+b]=x%2By\
                &payment_intent_data[metadata][purchase_id]=0190\
                &success_url=https%3A%2F%2Fshop.example%2Fpaid%3Fs%3D%7BCHECKOUT_SESSION_ID%7D\
                &cancel_url=https%3A%2F%2Fshop.example%2Fcredits
                """)
        #expect(recorded.field("authorization") == "Bearer sk_test_key")
        #expect(recorded.field("stripe-version") == "2026-10-28.endive")
        #expect(recorded.field("idempotency-key") == "checkout-0190")
        #expect(recorded.field("content-type") == "application/x-www-form-urlencoded")
    }

    @Test func `the same purchase is the same bytes every time`() throws {
        let bodies = try (0..<20).map { _ in
            let recorded = Recorded(200, session)
            _ = try recorded.client.createCheckoutSession(
                purchase(expiresAt: Date(timeIntervalSince1970: 1_767_312_000.9)),
                idempotencyKey: "k")
            return recorded.wire
        }
        #expect(Set(bodies).count == 1)
        #expect(bodies[0].contains("&expires_at=1767312000&"))
    }

    @Test func `sessions and payments are asked for in their documented form`() throws {
        try expect([
            (
                session, "GET https://stripe.example/v1/checkout/sessions/cs_test_1",
                { _ = try $0.checkoutSession(id: "cs_test_1") }
            ),
            (
                #"{"data":[\#(session)],"has_more":false}"#,
                "GET https://stripe.example/v1/checkout/sessions?payment_intent=pi_1",
                { _ = try $0.checkoutSessions(ofPaymentIntent: "pi_1") }
            ),
            (
                #"{"id":"pi_1","metadata":{"a":"b"}}"#,
                "GET https://stripe.example/v1/payment_intents/pi_1",
                { client throws in
                    #expect(try client.metadata(ofPaymentIntent: "pi_1") == ["a": "b"])
                }
            ),
            (
                #"{"id":"pi_1","latest_charge":null}"#,
                "GET https://stripe.example/v1/payment_intents/pi_1",
                { client throws in
                    #expect(try client.metadata(ofPaymentIntent: "pi_1") == [:])
                }
            ),
            (
                #"{"id":"pi_1","latest_charge":\#(charge)}"#,
                "GET https://stripe.example/v1/payment_intents/pi_1?expand[0]=latest_charge",
                {
                    let charge = try $0.paidCharge(ofPaymentIntent: "pi_1")
                    #expect(charge?.id == "ch_1")
                }
            ),
            (
                #"{"id":"pi_1","latest_charge":null}"#,
                "GET https://stripe.example/v1/payment_intents/pi_1?expand[0]=latest_charge",
                {
                    let charge = try $0.paidCharge(ofPaymentIntent: "pi_1")
                    #expect(charge == nil)
                }
            ),
        ])
    }

    @Test func `refunds and charges are asked for in their documented form`() throws {
        try expect([
            (
                refund,
                "POST https://stripe.example/v1/refunds\n"
                    + "payment_intent=pi_1&amount=400&reason=requested_by_customer"
                    + "&metadata[refund_id]=r_1",
                {
                    _ = try $0.refund(
                        paymentIntent: "pi_1", amountCents: 400, reason: .requestedByCustomer,
                        metadata: ["refund_id": "r_1"], idempotencyKey: "k")
                }
            ),
            (
                #"{"data":[\#(refund)],"has_more":false}"#,
                "GET https://stripe.example/v1/refunds?payment_intent=pi_1&limit=100",
                { _ = try $0.refunds(ofPaymentIntent: "pi_1") }
            ),
            (
                charge, "GET https://stripe.example/v1/charges/ch_1",
                { _ = try $0.charge(id: "ch_1") }
            ),
        ])
    }

    @Test func `disputes, events and the balance are asked for in their documented form`() throws {
        try expect([
            (
                dispute, "GET https://stripe.example/v1/disputes/dp_1",
                { _ = try $0.dispute(id: "dp_1") }
            ),
            (
                #"{"data":[\#(dispute)],"has_more":true}"#,
                "GET https://stripe.example/v1/disputes?payment_intent=pi_1&limit=100",
                {
                    let list = try $0.disputes(ofPaymentIntent: "pi_1")
                    #expect(list.hasMore)
                }
            ),
            (
                #"{"data":[],"has_more":true}"#,
                "GET https://stripe.example/v1/events?created[gte]=1767225600&limit=100",
                {
                    let from = Date(timeIntervalSince1970: 1_767_225_600)
                    let list = try $0.events(createdFrom: from)
                    #expect(list.hasMore)
                }
            ),
            (
                #"{"data":[],"has_more":false}"#,
                "GET https://stripe.example/v1/events?created[gte]=1767225600&limit=5"
                    + "&starting_after=evt_1&types[0]=charge.refunded&types[1]=refund.failed",
                {
                    _ = try $0.events(
                        createdFrom: Date(timeIntervalSince1970: 1_767_225_600), after: "evt_1",
                        types: ["charge.refunded", "refund.failed"], limit: 5)
                }
            ),
            (
                #"{"available":[{"amount":-5,"currency":"usd","source_types":{"card":-5}}],"pending":[],"livemode":false}"#,
                "GET https://stripe.example/v1/balance",
                {
                    let balance = try $0.balance()
                    #expect(balance.available.first?.amount == -5)
                }
            ),
        ])
    }

    /// What is answered, what is to be on the wire, and the call.
    private typealias Call = (String, String, (StripeClient) throws -> Void)

    private func expect(_ calls: [Call]) throws {
        for (answer, wire, call) in calls {
            let recorded = Recorded(200, answer)
            try call(recorded.client)
            #expect(recorded.wire == wire)
            #expect(recorded.field("authorization") == "Bearer sk_test_key")
            #expect(recorded.field("stripe-version") == "2026-10-28.endive")
            #expect((recorded.field("idempotency-key") == nil) == wire.hasPrefix("GET"))
        }
    }
}
