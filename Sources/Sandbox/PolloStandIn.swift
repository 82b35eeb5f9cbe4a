import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium

/// Where Pollo stands, and for whom.
struct PolloSite: Sendable {
    let key: String
    /// The address below which the files are.
    let publicURL: String
    let envelope: SandboxSettings.Envelope

    var uploadsURL: String { "\(publicURL)/uploads/" }

    func signature(ofUpload name: String) -> String {
        Hex.encode(HMACSHA256(key: Array(key.utf8)).code(for: Array("upload \(name)".utf8)))
    }
}

/// A call of Pollo's platform API, under `/api/platform`: a value, which comes from a connection or
/// from a test.
struct PolloCall {
    let method: HTTPRequest.Method
    /// What follows `/api/platform`: `["credit", "balance"]`.
    let path: [String]
    let body: [UInt8]
    let key: String?
    /// Whether the client says what it is.
    let isNamed: Bool

    /// `POST /generation/{brand}/{model}`, `POST /v1/generation/{brand}/{model}/video`,
    /// `GET [/v1]/generation/{id}/status`, `GET /credit/balance`, `POST /file/sign`.
    func answer(_ state: inout PolloState, _ site: PolloSite, at now: Date) -> Response {
        // The vendor's front turns nameless clients away with a page of its own.
        guard isNamed else { return .challenge() }
        do throws(PolloRefusal) {
            guard let key else { throw .noKey }
            guard constantTimeEquals(Array(key.utf8), Array(site.key.utf8)) else {
                throw .notFound
            }
            return try run(&state, site, now)
        } catch {
            return error.response
        }
    }

    private func run(
        _ state: inout PolloState, _ site: PolloSite, _ now: Date
    ) throws(PolloRefusal) -> Response {
        let isV1 = path.first == "v1"
        let rest = isV1 ? Array(path.dropFirst()) : path
        switch (method, rest.count) {
        case (.get, 3) where rest[0] == "generation" && rest[2] == "status":
            return try state.status(of: rest[1], site, at: now)
        case (.post, isV1 ? 4 : 3) where rest[0] == "generation" && (!isV1 || rest[3] == "video"):
            guard let model = PolloModel.at(brand: rest[1], name: rest[2], isV1: isV1) else {
                throw .notFound
            }
            let wish = try PolloWish(body, of: model, isV1: isV1, uploadsURL: site.uploadsURL)
            return state.create(wish, site, at: now)
        case (.get, 2) where rest == ["credit", "balance"]: return state.balance(site)
        case (.post, 2) where rest == ["file", "sign"]: return try sign(site)
        default: throw .notFound
        }
    }

    /// `{action: "putObject", filename, type}` gives a place to put a picture at.
    private func sign(_ site: PolloSite) throws(PolloRefusal) -> Response {
        let root = (try? JSONValue(parsing: body))?.object ?? [:]
        let type = root["type"]?.string ?? ""
        guard root["action"]?.string == "putObject", root["filename"]?.string?.isEmpty == false,
            let ending = ["image/jpeg": "jpg", "image/png": "png"][type]
        else { throw .invalid() }
        let name = "\(Identifier.pollo()).\(ending)"
        let url = "\(site.uploadsURL)\(name)"
        return site.answer { json in
            json.member("signedUrl", "\(url)?signature=\(site.signature(ofUpload: name))")
            json.member("fileUrl", url)
        }
    }
}

/// What the body of a create call asks for, and what is wrong with it.
private struct PolloWish {
    let model: PolloModel
    let input: PolloInput
    let webhookURL: String?
    let issues: [String]

    /// Throws when the body is no JSON object; what else is wrong is in ``issues``.
    init(
        _ body: [UInt8], of model: PolloModel, isV1: Bool, uploadsURL: String
    ) throws(PolloRefusal) {
        guard let root = (try? JSONValue(parsing: body))?.object else { throw .notJSON }
        var issues = root.keys.filter { !["input", "webhookUrl", "clientSource"].contains($0) }
            .sorted().map { "\($0): unrecognized key" }
        if let value = root["webhookUrl"] {
            let isURL = value.string.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
            if isURL != true { issues.append("webhookUrl: must be a URL") }
        }
        if let source = root["clientSource"], source.string == nil {
            issues.append("clientSource: must be a string")
        }
        var input = PolloInput.placeholder
        if let members = root["input"]?.object {
            do throws(PolloInput.Issues) {
                input = try PolloInput(members, for: model, isV1: isV1, uploadsURL: uploadsURL)
            } catch {
                issues += error.messages
            }
        } else {
            issues.append("input: required")
        }
        self.model = model
        self.input = input
        self.issues = issues
        webhookURL = root["webhookUrl"]?.string
    }
}

extension PolloState {
    fileprivate mutating func create(
        _ wish: PolloWish, _ site: PolloSite, at now: Date
    ) -> Response {
        let (response, status, taskID) = decide(wish, site, now)
        note(
            PolloCreateCall(
                at: now, webhookURL: wish.webhookURL ?? "", path: wish.model.path,
                prompt: wish.input.prompt, status: status, taskID: taskID))
        return response
    }

    /// Decides about a create call. Also returns what is noted of it: the status of the answer,
    /// 0 for none, and the task.
    private mutating func decide(
        _ wish: PolloWish, _ site: PolloSite, _ now: Date
    ) -> (Response, Int, String?) {
        do throws(PolloRefusal) {
            try admit(wish)
        } catch {
            return (error.response, error.status, nil)
        }
        let prompt = wish.input.prompt
        let order = order(wish.input, of: wish.model, webhookURL: wish.webhookURL, at: now)
        if MagicWord.lost.occurs(in: prompt) { return (.hangUp, 0, order.id) }
        if MagicWord.serverError.occurs(in: prompt),
            count(.serverError, wish.webhookURL, prompt) < 1
        {
            return (PolloRefusal.serverError.response, 500, order.id)
        }
        let response = site.answer { json in
            json.member("taskId", order.toldID ?? order.id)
            json.member("status", "waiting")
        }
        return (response, 200, order.id)
    }

    private mutating func admit(_ wish: PolloWish) throws(PolloRefusal) {
        guard wish.issues.isEmpty else { throw .invalid(wish.issues) }
        guard !disabledModels.contains(wish.model.path) else { throw .modelNotEnabled }
        guard balanceHundredths >= wish.input.creditHundredths(wish.model) else {
            throw .noCredits
        }
        guard openOrders.count < parallelLimit else { throw .parallelLimit }
        if MagicWord.tooMany.occurs(in: wish.input.prompt),
            count(.tooMany, wish.webhookURL, wish.input.prompt) < 2
        {
            throw .rateLimit
        }
    }

    fileprivate func status(
        of id: String, _ site: PolloSite, at now: Date
    ) throws(PolloRefusal) -> Response {
        guard let order = orders[id] else { throw .noTask }
        return site.answer { json in
            json.member("taskId", order.id)
            json.key("credit")
            json.literal(decimal(hundredths: order.creditHundredths))
            json.key("generations")
            json.beginArray()
            order.writeGeneration(to: &json, site, linkEndsAt(order, now))
            json.endArray()
        }
    }

    fileprivate func balance(_ site: PolloSite) -> Response {
        site.answer { json in
            json.key("availableCredits")
            json.literal(decimal(hundredths: balanceHundredths))
            json.key("totalCredits")
            json.literal(decimal(hundredths: totalHundredths))
        }
    }
}

extension Sandbox {
    /// Answers a call of Pollo's API.
    func pollo(_ path: ArraySlice<String>, _ request: Incoming) -> Response {
        let call = PolloCall(
            method: request.method, path: Array(path), body: request.body,
            key: request.header("HTTP_X_API_KEY"),
            isNamed: request.header("HTTP_USER_AGENT") != nil)
        let (site, now) = (settings.polloSite, now)
        guard call.method == .post else {
            return read { state in
                // Only a POST changes anything.
                var pollo = state.pollo
                return call.answer(&pollo, site, at: now)
            }
        }
        return change { call.answer(&$0.pollo, site, at: now) }
    }
}

extension SandboxSettings {
    var polloSite: PolloSite {
        PolloSite(key: polloKey, publicURL: publicURL, envelope: polloEnvelope)
    }
}

extension PolloInput {
    /// Of a call whose input could not be read, which is refused anyway, and of a task that a test
    /// tells of.
    static let placeholder = PolloInput()

    private init() {}
}

extension Response {
    /// Nginx hangs up without an answer: it hands this over to a location that returns its 444.
    static var hangUp: Response { Response(status: .ok, fields: [hangUpName: "/_hang-up"]) }

    var isHangUp: Bool { fields[Self.hangUpName] != nil }

    private static var hangUpName: HTTPField.Name {
        guard let name = HTTPField.Name("X-Accel-Redirect") else { preconditionFailure("a token") }
        return name
    }
}
