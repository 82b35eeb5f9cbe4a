import HTTP
import Stripe
import Testing

private func outcome(_ recorded: Recorded) -> StripeError? {
    if case .failure(let error) = result({ () throws(StripeError) in
        try recorded.client.refund(
            paymentIntent: "pi_1", amountCents: 1, reason: .duplicate, idempotencyKey: "k")
    }) {
        error
    } else {
        nil
    }
}

private let body =
    #"{"error":{"type":"invalid_request_error","code":"parameter_missing","param":"amount","message":"Missing.","doc_url":"https://x"}}"#

struct ErrorTests {
    @Test func `a refusal carries what Stripe says about it`() {
        let error = outcome(Recorded(400, body, fields: [("Request-Id", "req_1")]))
        #expect(
            error
                == .refused(
                    StripeFailure(
                        status: 400, type: "invalid_request_error", code: "parameter_missing",
                        param: "amount", message: "Missing.", requestID: "req_1")))
    }

    @Test(arguments: [400, 401, 402, 403, 404, 405])
    func `these are refusals and not worth a retry`(status: Int) {
        guard let error = outcome(Recorded(status, body)), case .refused = error else {
            Issue.record("not refused")
            return
        }
        #expect(!error.isWorthRetrying)
        #expect(error.isNotFound == (status == 404))
    }

    @Test(arguments: [409, 424, 429])
    func `these did nothing and may be tried again`(status: Int) {
        for text in [body, "", "<html>"] {
            guard let error = outcome(Recorded(status, text)), case .retryable = error else {
                Issue.record("not retryable")
                return
            }
            #expect(error.isWorthRetrying)
        }
    }

    @Test(arguments: [500, 502, 503, 504, 301, 302])
    func `these leave the result unknown`(status: Int) {
        for text in [body, "", "<html>", #"{"error":"text"}"#] {
            guard let error = outcome(Recorded(status, text)), case .unknown = error else {
                Issue.record("not unknown")
                return
            }
            #expect(error.isWorthRetrying)
        }
    }

    @Test(arguments: ["", "<html>Forbidden</html>", "{}", #"{"error":null}"#])
    func `a 4xx without an error object is not Stripe's word`(text: String) {
        guard case .unknown = outcome(Recorded(403, text)) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test func `an empty error object is enough`() {
        guard case .refused(let failure) = outcome(Recorded(400, #"{"error":{}}"#)) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.type == nil)
    }

    @Test(arguments: [
        (400, "true", true), (409, "false", false), (429, "false", false), (500, "false", false),
        (500, "true", true), (400, "perhaps", false), (409, "perhaps", true),
    ])
    func `Stripe's own word on a retry comes first`(status: Int, header: String, isWorth: Bool) {
        let recorded = Recorded(status, body, fields: [("Stripe-Should-Retry", header)])
        #expect(outcome(recorded)?.isWorthRetrying == isWorth)
    }

    @Test func `a 500 that must not be retried still leaves the result unknown`() {
        let recorded = Recorded(500, body, fields: [("Stripe-Should-Retry", "false")])
        guard case .unknown = outcome(recorded) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test func `no answer is unknown unless nothing was sent`() {
        #expect(outcome(Recorded(.unknown)) == .unknown(StripeFailure(message: "broken")))
        #expect(outcome(Recorded(.tooLarge)) == .unknown(StripeFailure(message: "broken")))
        #expect(outcome(Recorded(.notSent)) == .retryable(StripeFailure(message: "broken")))
    }

    @Test func `a success that cannot be read is unknown`() {
        for text in ["", "<html>", "[]", "{}"] {
            guard case .unknown = outcome(Recorded(200, text)) else {
                Issue.record("not unknown")
                return
            }
        }
    }

    @Test func `an error names no key`() {
        for recorded in [Recorded(401, body), Recorded(500, ""), Recorded(200, "")] {
            let text = outcome(recorded).map { "\($0)" } ?? ""
            #expect(!text.isEmpty)
            #expect(!text.contains("sk_test_key"))
        }
    }
}
