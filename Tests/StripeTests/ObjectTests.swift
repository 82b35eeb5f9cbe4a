import FoundationEssentials
import Stripe
import Testing

struct CheckoutSessionTests {
    private func session(_ changes: (from: String, to: String)...) throws -> CheckoutSession {
        var text = """
            {"id":"cs_test_1","object":"checkout.session","url":"https://checkout.stripe.com/1",
            "status":"open","payment_status":"unpaid","mode":"payment","amount_subtotal":1000,
            "amount_total":900,"currency":"usd","client_reference_id":"order_42",
            "metadata":{"a":"b"},"payment_intent":null,"expires_at":1767312000,
            "created":1767225600,"livemode":false}
            """
        for change in changes { text = text.replacing(change.from, with: change.to) }
        return try Recorded(200, text).client.checkoutSession(id: "cs_test_1")
    }

    @Test func `an open session has all that the purchase is compared with`() throws {
        let open = try session()
        #expect(open.url == "https://checkout.stripe.com/1")
        #expect(open.status == .open)
        #expect(open.paymentStatus == .unpaid)
        #expect(open.amountSubtotal == 1000)
        #expect(open.amountTotal == 900)
        #expect(open.currency == "usd")
        #expect(open.clientReferenceID == "order_42")
        #expect(open.metadata == ["a": "b"])
        #expect(open.paymentIntent == nil)
        #expect(open.createdAt == Date(timeIntervalSince1970: 1_767_225_600))
        #expect(open.expiresAt == Date(timeIntervalSince1970: 1_767_312_000))
        #expect(!open.isLive)
    }

    /// What no account holds would end the process in a product (J16).
    @Test(arguments: ["-1", "999999999999999999", "9223372036854775807", "1e30", "10.5"])
    func `a number that is no amount of money is no answer`(text: String) throws {
        #expect(throws: StripeError.self) {
            try session((#""amount_total":900"#, #""amount_total":\#(text)"#))
        }
    }

    @Test func `a payment is found as an id and expanded`() throws {
        let paid = try session(
            (#""status":"open""#, #""status":"complete""#), (#""unpaid""#, #""paid""#),
            (#""payment_intent":null"#, #""payment_intent":"pi_1""#),
            (#""https://checkout.stripe.com/1""#, "null"))
        #expect(paid.status == .complete)
        #expect(paid.paymentStatus == .paid)
        #expect(paid.paymentIntent == "pi_1")
        #expect(paid.url == nil)
        let expanded = try session(
            (#""payment_intent":null"#, #""payment_intent":{"id":"pi_1","amount":900}"#))
        #expect(expanded.paymentIntent == "pi_1")
    }

    @Test func `a word that came later is kept and equals no known one`() throws {
        let later = try session(
            (#""status":"open""#, #""status":"paused""#), (#""unpaid""#, #""half_paid""#),
            (#""metadata":{"a":"b"}"#, #""metadata":null"#))
        #expect(later.status == StripeWord("paused"))
        #expect(later.paymentStatus != .paid)
        #expect(later.paymentStatus.text == "half_paid")
        #expect(later.metadata.isEmpty)
    }

    @Test(arguments: [
        (#""amount_total":900"#, #""amount_total":"900""#),
        (#""amount_total":900"#, #""amount_total":9.5"#),
        (#""payment_status":"unpaid","#, ""), (#","livemode":false"#, ""),
        (#""id":"cs_test_1","#, ""),
    ])
    func `an answer that breaks the promise of the version is unknown`(from: String, to: String) {
        guard
            case .failure(.unknown(let failure)) = Result(catching: { try session((from, to)) })
                .mapError({
                    $0 as? StripeError ?? .refused(StripeFailure(message: "another error"))
                })
        else {
            Issue.record("read")
            return
        }
        #expect(failure.status == 200)
    }
}

struct DisputeTests {
    private func dispute(_ status: String) throws -> StripeDispute {
        try Recorded(
            200,
            #"{"id":"dp_1","amount":1000,"currency":"usd","status":"\#(status)","reason":"fraudulent","charge":{"id":"ch_1"},"payment_intent":"pi_1","livemode":false,"is_charge_refundable":false}"#
        ).client.dispute(id: "dp_1")
    }

    @Test(arguments: [
        ("warning_needs_response", true, false), ("warning_under_review", true, false),
        ("warning_closed", true, true), ("needs_response", false, false),
        ("under_review", false, false), ("appeal_needs_response", false, false),
        ("won", false, true), ("lost", false, true), ("prevented", false, true),
        ("a_new_word", false, false),
    ])
    func `a status says whether money moved and whether it is over`(
        status: String, isInquiry: Bool, isClosed: Bool
    ) throws {
        let dispute = try dispute(status)
        #expect(dispute.status.isInquiry == isInquiry)
        #expect(dispute.status.isClosed == isClosed)
        #expect(dispute.charge == "ch_1")
        #expect(dispute.paymentIntent == "pi_1")
    }
}

struct RefundTests {
    @Test(arguments: ["pending", "requires_action", "succeeded", "failed", "canceled"])
    func `a refund has its status`(status: String) throws {
        let refund = try Recorded(
            200,
            #"{"id":"re_1","amount":400,"currency":"usd","status":"\#(status)","reason":null,"failure_reason":"lost_or_stolen_card","charge":"ch_1","payment_intent":"pi_1"}"#
        ).client.refund(
            paymentIntent: "pi_1", amountCents: 400, reason: .duplicate, idempotencyKey: "k")
        #expect(refund.status == StripeWord(status))
        #expect((refund.status == .succeeded) == (status == "succeeded"))
        #expect(refund.failureReason == "lost_or_stolen_card")
    }
}

struct EventTests {
    @Test func `an event says which object has changed`() throws {
        let event = try #require(
            StripeEvent(
                Array(
                    #"{"id":"evt_1","object":"event","type":"charge.refunded","api_version":"2026-10-28.endive","created":1767225600,"livemode":true,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},"data":{"object":{"id":"ch_1","object":"charge","payment_intent":"pi_1","amount":"odd"},"previous_attributes":{"refunded":false}}}"#
                        .utf8)))
        #expect(event.id == "evt_1")
        #expect(event.type == "charge.refunded")
        #expect(event.isLive)
        #expect(event.createdAt == Date(timeIntervalSince1970: 1_767_225_600))
        #expect(event.apiVersion == "2026-10-28.endive")
        #expect(event.objectID == "ch_1")
        #expect(event.objectKind == "charge")
        #expect(event.paymentIntent == "pi_1")
    }

    @Test(arguments: [
        (#"{"id":"pi_1","object":"payment_intent"}"#, "pi_1"),
        (#"{"id":"cs_1","object":"checkout.session","payment_intent":{"id":"pi_2"}}"#, "pi_2"),
        (#"{"id":"cs_1","object":"checkout.session","payment_intent":null}"#, nil),
        (#"{"object":"balance"}"#, nil), (#"{"id":7,"object":[],"payment_intent":{}}"#, nil),
        ("[]", nil),
    ])
    func `an object of any shape leaves the event readable`(object: String, payment: String?) {
        let text =
            #"{"id":"evt_1","type":"x.y","created":1,"livemode":false,"data":{"object":\#(object)}}"#
        #expect(StripeEvent(Array(text.utf8))?.type == "x.y")
        #expect(StripeEvent(Array(text.utf8))?.paymentIntent == payment)
    }

    @Test(arguments: ["", "[]", "{}", #"{"id":"evt_1","type":"x","created":1}"#, "<html>"])
    func `what is no event is recognised`(text: String) {
        #expect(StripeEvent(Array(text.utf8)) == nil)
    }
}
