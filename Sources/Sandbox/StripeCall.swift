import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium

/// Where Stripe stands, for whom, and whom it tells.
struct StripeSite: Sendable {
    let secretKey: String
    /// The address below which the payment pages are.
    let publicURL: String
    let webhookURL: String
}

/// A call of Stripe's API, under `/v1`: a value, which comes from a connection or from a test.
struct StripeCall {
    let method: HTTPRequest.Method
    /// What follows `/v1`: `["checkout", "sessions"]`.
    let path: [String]
    let query: FormBody
    let body: [UInt8]
    let contentType: String?
    let authorization: String?
    let idempotencyKey: String?

    /// Answers it: authorisation, then the saved answer of its key, then the call itself.
    func answer(_ world: inout StripeWorld) -> Response {
        answer(world.site) { () throws(StripeRefusal) in
            guard method == .post else { return (200, try read(world.state, world.site), false) }
            return try post(&world)
        }
    }

    /// Answers a call that changes nothing.
    func answer(from state: StripeState, _ site: StripeSite) -> Response {
        answer(site) { () throws(StripeRefusal) in (200, try read(state, site), false) }
    }

    private typealias Answer = (status: Int, body: String, isReplayed: Bool)

    private func answer(
        _ site: StripeSite, _ run: () throws(StripeRefusal) -> Answer
    ) -> Response {
        do throws(StripeRefusal) {
            try authorise(site)
            return response(try run())
        } catch {
            return response((error.status, error.body, false))
        }
    }

    private func authorise(_ site: StripeSite) throws(StripeRefusal) {
        let header = authorization ?? ""
        var key = ""
        if header.hasPrefix("Bearer ") {
            key = String(header.dropFirst(7))
        } else if header.hasPrefix("Basic "), let bytes = Base64.decode(String(header.dropFirst(6)))
        {
            key = String(decoding: bytes.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        }
        guard !key.isEmpty else {
            throw StripeRefusal(status: 401, message: "You did not provide an API key.")
        }
        guard constantTimeEquals(Array(key.utf8), Array(site.secretKey.utf8)) else {
            throw StripeRefusal(status: 401, message: "Invalid API Key provided.")
        }
    }

    /// Runs a POST once for each key, and gives every later one its answer.
    ///
    /// Looking the key up, running and saving are one step, so that of two calls with one key at
    /// once the second gets the answer of the first.
    private func post(_ world: inout StripeWorld) throws(StripeRefusal) -> Answer {
        let sent = path == ["files"] ? StripeUpload.form(body, contentType ?? "") : FormBody(body)
        guard let form = sent else {
            throw StripeRefusal(message: "Invalid request body.")
        }
        guard idempotencyKey?.utf8.count ?? 0 <= 255 else {
            throw StripeRefusal(message: "An idempotency key has up to 255 characters.")
        }
        guard let key = idempotencyKey else { return (200, try world.run(path, form), false) }
        let fingerprint = fingerprint(form)
        if let saved = try world.savedAnswer(key, fingerprint) {
            return (saved.status, saved.body, true)
        }
        do throws(StripeRefusal) {
            let body = try world.run(path, form)
            world.save(200, body, key, fingerprint)
            return (200, body, false)
        } catch {
            if error.isSaved { world.save(error.status, error.body, key, fingerprint) }
            throw error
        }
    }

    private func fingerprint(_ form: FormBody) -> String {
        let parameters = form.pairs.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: "&")
        let text = "\(path.joined(separator: "/"))?\(parameters)"
        return Hex.encode(SHA256.hash(Array(text.utf8)))
    }

    private func read(_ state: StripeState, _ site: StripeSite) throws(StripeRefusal) -> String {
        guard method == .get, !path.isEmpty else { throw .noSuchURL(path, method.rawValue) }
        return try state.read(path, query, site)
    }

    private func response(_ answer: Answer) -> Response {
        var fields = HTTPFields()
        func set(_ name: String, _ value: String) {
            guard let name = HTTPField.Name(name) else { preconditionFailure("a token") }
            fields[name] = value
        }
        set("Request-Id", Identifier.stripe("req_", length: 14))
        set("Stripe-Version", StripeVersion.pinned)
        if let key = idempotencyKey, method == .post {
            set("Idempotency-Key", key)
            if answer.isReplayed { set("Idempotent-Replayed", "true") }
        }
        return Response(
            status: .init(code: answer.status), contentType: "application/json", fields: fields,
            body: Array(answer.body.utf8))
    }
}

extension StripeRefusal {
    fileprivate var body: String {
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.beginObject()
        if let code {
            json.member("code", code)
            json.member("doc_url", "https://stripe.com/docs/error-codes/\(code)")
        }
        json.member("message", message)
        if let param { json.member("param", param) }
        json.member("type", type)
        json.endObject()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Sandbox {
    /// Answers a call of Stripe's API.
    func stripe(_ path: ArraySlice<String>, _ request: Incoming) -> Response {
        let call = StripeCall(
            method: request.method, path: Array(path), query: request.query, body: request.body,
            contentType: request.header("CONTENT_TYPE"),
            authorization: request.header("HTTP_AUTHORIZATION"),
            idempotencyKey: request.header("HTTP_IDEMPOTENCY_KEY"))
        guard call.method == .post else {
            let site = settings.stripeSite
            return read { call.answer(from: $0.stripe, site) }
        }
        return changeStripe { call.answer(&$0) }
    }
}

extension SandboxSettings {
    var stripeSite: StripeSite {
        StripeSite(
            secretKey: stripeKey, publicURL: publicURL, webhookURL: "\(appURL)/api/webhooks/stripe")
    }
}
