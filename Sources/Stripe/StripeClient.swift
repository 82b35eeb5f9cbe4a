// Stripe: the client of the payment's vendor, its objects and the signature of its events. The
// network is a closure, so tests give answers. docs/stripe.md says what the vendor does.
// It repeats no call: the caller keeps the key and decides (P2).

package import FoundationEssentials
package import HTTP
import HTTPTypes

/// One thing for sale at one price, paid once, on Stripe's hosted page.
package struct CheckoutSessionRequest: Equatable, Sendable {
    /// What the page calls it, up to 5,000 characters.
    package var productName: String
    /// In the smallest unit of the currency.
    package var unitAmount: Int
    /// In lower case.
    package var currency: String
    /// Our own purchase, up to 200 characters.
    package var clientReferenceID: String
    /// Goes on the session and on its payment; up to 50 pairs of 40 and 500 characters.
    package var metadata: [String: String]
    /// May hold the literal `{CHECKOUT_SESSION_ID}`.
    package var successURL: String
    package var cancelURL: String
    /// 30 minutes to 24 hours ahead; nil for 24 hours. To be kept with the purchase: a retry with
    /// another instant is another request.
    package var expiresAt: Date?

    package init(
        productName: String, unitAmount: Int, currency: String = "usd",
        clientReferenceID: String, metadata: [String: String] = [:], successURL: String,
        cancelURL: String, expiresAt: Date? = nil
    ) {
        self.productName = productName
        self.unitAmount = unitAmount
        self.currency = currency
        self.clientReferenceID = clientReferenceID
        self.metadata = metadata
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.expiresAt = expiresAt
    }

    var form: StripeForm {
        var form = StripeForm()
        form.add("mode", "payment")
        form.add("client_reference_id", clientReferenceID)
        form.add("line_items[0][quantity]", 1)
        form.add("line_items[0][price_data][currency]", currency)
        form.add("line_items[0][price_data][unit_amount]", unitAmount)
        form.add("line_items[0][price_data][product_data][name]", productName)
        // Cards alone, so that what is completed is paid, whatever the Dashboard offers.
        form.add("allowed_payment_method_types[0]", "card")
        // The price stays in our currency, as the purchase says it.
        form.add("adaptive_pricing[enabled]", false)
        form.add("metadata", metadata)
        form.add("payment_intent_data[metadata]", metadata)
        if let expiresAt {
            form.add("expires_at", Int(expiresAt.timeIntervalSince1970))
        }
        form.add("success_url", successURL)
        form.add("cancel_url", cancelURL)
        return form
    }
}

package enum StripeRefundReason: String, Sendable {
    case duplicate
    /// Also puts card and address on Stripe's block lists.
    case fraudulent
    case requestedByCustomer = "requested_by_customer"
}

/// A client of Stripe's API, in one pinned version. Makes one call at a time and repeats none:
/// the caller keeps the key and decides.
package struct StripeClient {
    /// The version line that requests and answers are written in.
    package static let version = "2026-10-28.endive"

    private let secretKey: String
    private let base: String
    private let filesBase: String
    private let send: Send
    /// When all calls together have to be over; nil: each has its own bound alone.
    package var deadline: ContinuousClock.Instant?

    /// - Parameters:
    ///   - base: `https://api.stripe.com`, without the `/v1`.
    ///   - filesBase: `https://files.stripe.com`, which takes files; nil where one takes both.
    package init(
        secretKey: String, base: String, filesBase: String? = nil, send: @escaping Send
    ) {
        self.secretKey = secretKey
        self.base = base.withoutLastSlash
        self.filesBase = (filesBase ?? base).withoutLastSlash
        self.send = send
    }

    package func createCheckoutSession(
        _ request: CheckoutSessionRequest, idempotencyKey: String
    ) throws(StripeError) -> CheckoutSession {
        try post("checkout/sessions", request.form, idempotencyKey)
    }

    package func checkoutSession(id: String) throws(StripeError) -> CheckoutSession {
        try get("checkout/sessions/\(StripeForm.encode(id))")
    }

    /// The sessions that ended in this payment: one, or none.
    package func checkoutSessions(
        ofPaymentIntent id: String
    ) throws(StripeError) -> [CheckoutSession] {
        let list: StripeList<CheckoutSession> = try get(
            "checkout/sessions", [("payment_intent", id)])
        return list.data
    }

    /// Sends money back. More than what is left is refused.
    package func refund(
        paymentIntent: String, amountCents: Int, reason: StripeRefundReason,
        metadata: [String: String] = [:], idempotencyKey: String
    ) throws(StripeError) -> StripeRefund {
        var form = StripeForm()
        form.add("payment_intent", paymentIntent)
        form.add("amount", amountCents)
        form.add("reason", reason.rawValue)
        form.add("metadata", metadata)
        return try post("refunds", form, idempotencyKey)
    }

    /// All refunds of a payment, at most 100; newest first.
    package func refunds(
        ofPaymentIntent id: String
    ) throws(StripeError) -> StripeList<StripeRefund> {
        try get("refunds", [("payment_intent", id), ("limit", "100")])
    }

    package func charge(id: String) throws(StripeError) -> StripeCharge {
        try get("charges/\(StripeForm.encode(id))")
    }

    /// The charge that paid: the latest of the payment that succeeded, whatever other cards were
    /// declined before or since; nil when none did (P6).
    package func paidCharge(
        ofPaymentIntent id: String
    ) throws(StripeError) -> StripeCharge? {
        struct PaymentIntent: Decodable {
            let latestCharge: StripeCharge?
            enum CodingKeys: String, CodingKey { case latestCharge = "latest_charge" }
        }
        let intent: PaymentIntent = try get(
            "payment_intents/\(StripeForm.encode(id))", [("expand[0]", "latest_charge")])
        guard let latest = intent.latestCharge, latest.status != .succeeded else {
            return intent.latestCharge
        }
        // Newest first; a payment is tried far less often than a hundred times.
        let charges: StripeList<StripeCharge> = try get(
            "charges", [("payment_intent", id), ("limit", "100")])
        return charges.data.first { $0.status == .succeeded }
    }

    /// What the maker of a payment has written on it.
    package func metadata(ofPaymentIntent id: String) throws(StripeError) -> [String: String] {
        struct PaymentIntent: Decodable {
            let metadata: [String: String]?
        }
        let intent: PaymentIntent = try get("payment_intents/\(StripeForm.encode(id))")
        return intent.metadata ?? [:]
    }

    package func dispute(id: String) throws(StripeError) -> StripeDispute {
        try get("disputes/\(StripeForm.encode(id))")
    }

    /// Gives the bank evidence against a dispute, which is final.
    package func submit(
        _ evidence: DisputeEvidence, against dispute: String, idempotencyKey: String
    ) throws(StripeError) -> StripeDispute {
        var form = StripeForm()
        for (field, value) in evidence.cut.values { form.add("evidence[\(field.rawValue)]", value) }
        form.add("submit", true)
        return try post("disputes/\(StripeForm.encode(dispute))", form, idempotencyKey)
    }

    /// Gives Stripe a PDF of at most 5 MB as evidence. Returns its id.
    package func upload(
        evidence pdf: [UInt8], named name: String, idempotencyKey: String
    ) throws(StripeError) -> String {
        struct File: Decodable { let id: String }
        let mark = idempotencyKey.replacing(":", with: "-")
        let form = FileForm(
            boundary: "rushes\(mark)", fields: [("purpose", "dispute_evidence")],
            file: (name: name, type: "application/pdf", bytes: pdf))
        let file: File = try post(
            "\(filesBase)/v1/files", form.contentType, form.bytes, idempotencyKey)
        return file.id
    }

    /// All disputes of a payment, at most 100; newest first.
    package func disputes(
        ofPaymentIntent id: String
    ) throws(StripeError) -> StripeList<StripeDispute> {
        try get("disputes", [("payment_intent", id), ("limit", "100")])
    }

    /// A page of the completed sessions that were made since an instant, newest first.
    package func completedSessions(
        createdFrom: Date, after: String? = nil
    ) throws(StripeError) -> StripeList<CheckoutSession> {
        try get("checkout/sessions", page(createdFrom, after) + [("status", "complete")])
    }

    /// A page of the charges that were made since an instant, newest first.
    package func charges(
        createdFrom: Date, after: String? = nil
    ) throws(StripeError) -> StripeList<StripeCharge> {
        try get("charges", page(createdFrom, after))
    }

    /// A page of the refunds that were made since an instant, newest first.
    package func refunds(
        createdFrom: Date, after: String? = nil
    ) throws(StripeError) -> StripeList<StripeRefund> {
        try get("refunds", page(createdFrom, after))
    }

    /// A page of the disputes that were opened since an instant, newest first.
    package func disputes(
        createdFrom: Date, after: String? = nil
    ) throws(StripeError) -> StripeList<StripeDispute> {
        try get("disputes", page(createdFrom, after))
    }

    /// A page of what moved our balance since an instant, newest first, each with what moved it.
    package func balanceTransactions(
        createdFrom: Date, after: String? = nil
    ) throws(StripeError) -> StripeList<StripeBalanceTransaction> {
        try get(
            "balance_transactions", page(createdFrom, after) + [("expand[0]", "data.source")])
    }

    private func page(_ createdFrom: Date, _ after: String?) -> [(String, String)] {
        var query = [
            ("created[gte]", String(Int(createdFrom.timeIntervalSince1970))), ("limit", "100"),
        ]
        if let after { query.append(("starting_after", after)) }
        return query
    }

    /// A page of the events of the last 30 days, newest first.
    ///
    /// - Parameters:
    ///   - createdFrom: the oldest instant of interest, in whole seconds.
    ///   - after: the last event of the page before; nil for the first page.
    ///   - types: at most 20; empty for all.
    package func events(
        createdFrom: Date, after: String? = nil, types: [String] = [], limit: Int = 100
    ) throws(StripeError) -> StripeList<StripeEvent> {
        var query = [
            ("created[gte]", String(Int(createdFrom.timeIntervalSince1970))),
            ("limit", String(limit)),
        ]
        if let after { query.append(("starting_after", after)) }
        for (index, type) in types.enumerated() { query.append(("types[\(index)]", type)) }
        return try get("events", query)
    }

    /// Proves network, key and mode in one read; to be asked for every ten minutes at most
    /// (docs/stripe.md, Health).
    package func balance() throws(StripeError) -> StripeBalance {
        try get("balance")
    }

    private func get<Answer: Decodable>(
        _ path: String, _ query: [(String, String)] = []
    ) throws(StripeError) -> Answer {
        var form = StripeForm()
        for (name, value) in query { form.add(name, value) }
        let suffix = query.isEmpty ? "" : "?\(form.text)"
        return try call(
            OutboundRequest(method: .get, url: "\(base)/v1/\(path)\(suffix)", fields: fields()))
    }

    private func post<Answer: Decodable>(
        _ path: String, _ form: StripeForm, _ idempotencyKey: String
    ) throws(StripeError) -> Answer {
        try post(
            "\(base)/v1/\(path)", "application/x-www-form-urlencoded", form.bytes, idempotencyKey)
    }

    private func post<Answer: Decodable>(
        _ url: String, _ contentType: String, _ body: [UInt8], _ idempotencyKey: String
    ) throws(StripeError) -> Answer {
        var fields = fields()
        fields[.contentType] = contentType
        fields[Self.idempotencyKeyName] = idempotencyKey
        return try call(OutboundRequest(method: .post, url: url, fields: fields, body: body))
    }

    private func call<Answer: Decodable>(
        _ request: OutboundRequest
    ) throws(StripeError) -> Answer {
        var request = request
        if let deadline {
            let rest = ContinuousClock.now.duration(to: deadline)
            guard rest > .zero else {
                throw .retryable(StripeFailure(message: "there was no time left to ask"))
            }
            request.timeout = rest
        }
        let response: InboundResponse
        do throws(TransportError) {
            response = try send(request)
        } catch {
            throw StripeError(error)
        }
        guard (200..<300).contains(response.status.code) else { throw StripeError(response) }
        do {
            return try decode(Answer.self, from: response.body)
        } catch {
            throw .unknown(
                StripeFailure(
                    status: response.status.code,
                    message: "the answer is not what the version \(Self.version) promises",
                    requestID: response.requestID, shouldRetry: response.shouldRetry))
        }
    }

    private func fields() -> HTTPFields {
        var fields: HTTPFields = [
            .authorization: "Bearer \(secretKey)", .accept: "application/json",
        ]
        fields[Self.versionName] = Self.version
        return fields
    }

    private static let versionName = name("Stripe-Version")
    private static let idempotencyKeyName = name("Idempotency-Key")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("a token") }
        return name
    }
}
