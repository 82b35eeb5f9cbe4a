import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium

/// Pollo's platform API under `/api/platform`.
extension Sandbox {
    /// `POST /generation/{brand}/{model}`, `POST /v1/generation/{brand}/{model}/video`,
    /// `GET [/v1]/generation/{id}/status`, `GET /credit/balance`, `POST /file/sign`.
    func pollo(_ path: ArraySlice<String>, _ request: Incoming) -> Response {
        // The vendor's front turns nameless clients away with a page of its own.
        guard request.header("HTTP_USER_AGENT") != nil else {
            return .html("<!DOCTYPE html><title>Just a moment...</title>", status: .forbidden)
        }
        guard let key = request.header("HTTP_X_API_KEY") else {
            return polloError(.unauthorized, "UNAUTHORIZED", "x-api-key is missing")
        }
        guard constantTimeEquals(Array(key.utf8), Array(settings.polloKey.utf8)) else {
            // Indeed: an unknown key is answered as an unknown page is (docs/pollo.md).
            return polloError(.notFound, "NOT_FOUND", "Not found")
        }
        let isV1 = path.first == "v1"
        let rest = Array(isV1 ? path.dropFirst() : path)
        switch (request.method, rest.count) {
        case (.get, 3) where rest[0] == "generation" && rest[2] == "status":
            return polloStatus(rest[1])
        case (.post, isV1 ? 4 : 3) where rest[0] == "generation" && (!isV1 || rest[3] == "video"):
            guard let model = PolloModel.at(brand: rest[1], name: rest[2], isV1: isV1) else {
                break
            }
            return create(model, isV1: isV1, request)
        case (.get, 2) where rest == ["credit", "balance"]:
            let (available, total) = read {
                ($0.pollo.balanceHundredths, $0.pollo.totalHundredths)
            }
            return polloAnswer { json in
                json.key("availableCredits")
                json.literal(decimal(hundredths: available))
                json.key("totalCredits")
                json.literal(decimal(hundredths: total))
            }
        case (.post, 2) where rest == ["file", "sign"]:
            return sign(request)
        default: break
        }
        return polloError(.notFound, "NOT_FOUND", "Not found")
    }

    private func create(_ model: PolloModel, isV1: Bool, _ request: Incoming) -> Response {
        guard let root = (try? JSONValue(parsing: request.body))?.object else {
            return polloError(.badRequest, "BAD_REQUEST", "The body is not JSON")
        }
        var issues = root.keys.filter { !["input", "webhookUrl", "clientSource"].contains($0) }
            .sorted().map { "\($0): unrecognized key" }
        let webhookURL = root["webhookUrl"]?.string
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
                input = try PolloInput(
                    members, for: model, isV1: isV1, uploadsURL: settings.uploadsURL)
            } catch {
                issues += error.messages
            }
        } else {
            issues.append("input: required")
        }
        let checked = input
        let now = now
        let problems = issues
        return change { state in
            let (response, status, taskID) = create(
                checked, of: model, webhookURL, problems, at: now, &state.pollo)
            state.pollo.note(
                PolloCreateCall(
                    at: now, webhookURL: webhookURL ?? "", path: model.path,
                    prompt: checked.prompt, status: status, taskID: taskID))
            return response
        }
    }

    /// Decides about a create call. Also returns what is noted of it: the status of the answer,
    /// 0 for none, and the task.
    private func create(
        _ input: PolloInput, of model: PolloModel, _ webhookURL: String?, _ issues: [String],
        at now: Date, _ state: inout PolloState
    ) -> (Response, Int, String?) {
        func refused(
            _ status: HTTPResponse.Status, _ code: String, _ message: String
        ) -> (Response, Int, String?) {
            (polloError(status, code, message, issues: issues), status.code, nil)
        }
        guard issues.isEmpty else {
            return refused(.badRequest, "BAD_REQUEST", "Input validation failed")
        }
        guard !state.disabledModels.contains(model.path) else {
            return refused(.forbidden, "FORBIDDEN", "This model is not enabled for API access.")
        }
        guard state.balanceHundredths >= input.creditHundredths(model) else {
            return refused(.forbidden, "FORBIDDEN", "Not enough credits. Please add more.")
        }
        guard state.openOrders.count < state.parallelLimit else {
            return refused(
                .tooManyRequests, "PARALLEL_TASK_LIMIT_REACHED", "Parallel task limit reached")
        }
        if MagicWord.tooMany.occurs(in: input.prompt),
            state.count(.tooMany, webhookURL, input.prompt) < 2
        {
            return refused(.tooManyRequests, "RATE_LIMIT_EXCEEDED", "Too many requests")
        }
        let order = state.order(input, of: model, webhookURL: webhookURL, at: now)
        if MagicWord.lost.occurs(in: input.prompt) {
            return (.hangUp, 0, order.id)
        }
        if MagicWord.serverError.occurs(in: input.prompt),
            state.count(.serverError, webhookURL, input.prompt) < 1
        {
            let response = polloError(
                .internalServerError, "INTERNAL_SERVER_ERROR", "Something went wrong")
            return (response, 500, order.id)
        }
        let response = polloAnswer { json in
            json.member("taskId", order.toldID ?? order.id)
            json.member("status", "waiting")
        }
        return (response, 200, order.id)
    }

    private func polloStatus(_ id: String) -> Response {
        let now = now
        let found = read { state in
            state.pollo.orders[id].map { ($0, linkEndsAt: state.pollo.linkEndsAt($0, now)) }
        }
        guard let (order, linkEndsAt) = found else {
            return polloError(.notFound, "NOT_FOUND", "NOT_FOUND_ERROR")
        }
        return polloAnswer { json in
            json.member("taskId", order.id)
            json.key("credit")
            json.literal(decimal(hundredths: order.creditHundredths))
            json.key("generations")
            json.beginArray()
            order.writeGeneration(to: &json, settings, linkEndsAt)
            json.endArray()
        }
    }

    /// `{action: "putObject", filename, type}` gives a place to put a picture at.
    private func sign(_ request: Incoming) -> Response {
        let root = (try? JSONValue(parsing: request.body))?.object ?? [:]
        let type = root["type"]?.string ?? ""
        guard root["action"]?.string == "putObject", root["filename"]?.string?.isEmpty == false,
            let ending = ["image/jpeg": "jpg", "image/png": "png"][type]
        else { return polloError(.badRequest, "BAD_REQUEST", "Input validation failed") }
        let name = "\(Identifier.pollo()).\(ending)"
        let url = "\(settings.uploadsURL)\(name)"
        return polloAnswer { json in
            json.member("signedUrl", "\(url)?signature=\(uploadSignature(name))")
            json.member("fileUrl", url)
        }
    }

    /// `GET /uploads/{name}`, and `PUT` with the signature that `/file/sign` gave.
    func upload(_ name: String, _ request: Incoming) -> Response {
        let parts = name.split(separator: ".")
        guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter || $0.isNumber }),
            parts[1] == "jpg" || parts[1] == "png"
        else { return .text(.notFound, "not found") }
        let path = "\(settings.uploadsFolder)/\(name)"
        let type: StaticString = parts[1] == "jpg" ? "image/jpeg" : "image/png"
        switch request.method {
        case .get, .head:
            return file(path, type)
        case .put:
            let signature = Array((request.query["signature"] ?? "").utf8)
            guard constantTimeEquals(signature, Array(uploadSignature(name).utf8)),
                request.header("CONTENT_TYPE") == "\(type)"
            else { return .text(.forbidden, "SignatureDoesNotMatch") }
            guard (try? Data(request.body).write(to: URL(filePath: path), options: .atomic)) != nil
            else { return .text(.internalServerError, "not written") }
            return .text(.ok, "")
        default:
            return .text(.methodNotAllowed, "GET or PUT")
        }
    }

    private func uploadSignature(_ name: String) -> String {
        let key = HMACSHA256(key: Array(settings.polloKey.utf8))
        return Hex.encode(key.code(for: Array("upload \(name)".utf8)))
    }

    /// `GET /files/{name}.mp4?expires={Unix seconds}`: 403 once the link has ended.
    func video(_ name: String, _ request: Incoming) -> Response {
        let stem = name.dropLast(".mp4".count)
        guard name.hasSuffix(".mp4"), !stem.isEmpty, stem.allSatisfy(\.isHexDigit) else {
            return .text(.notFound, "not found")
        }
        let end = request.query["expires"].flatMap { Int($0) } ?? 0
        guard now.unixSeconds < end else { return .text(.forbidden, "this link has expired") }
        return file("\(settings.filesFolder)/\(name)", "video/mp4")
    }

    private func file(_ path: String, _ type: StaticString) -> Response {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            return .text(.notFound, "not found")
        }
        return Response(status: .ok, contentType: type, body: Array(data))
    }

    private func polloAnswer(_ payload: (inout JSONWriter) -> Void) -> Response {
        .json { json in
            json.beginObject()
            if settings.polloEnvelope == .wrapped {
                json.member("code", "SUCCESS")
                json.member("message", "success")
                json.key("data")
                json.beginObject()
                payload(&json)
                json.endObject()
            } else {
                payload(&json)
            }
            json.endObject()
        }
    }

    private func polloError(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, issues: [String] = []
    ) -> Response {
        .json(status) { json in
            json.beginObject()
            json.member("message", message)
            json.member("code", code)
            if !issues.isEmpty {
                json.key("issues")
                json.beginArray()
                for issue in issues {
                    json.beginObject()
                    json.member("message", issue)
                    json.endObject()
                }
                json.endArray()
            }
            json.endObject()
        }
    }
}

extension PolloInput {
    /// For a call whose input could not be read, which is refused anyway.
    static let placeholder = PolloInput()

    private init() {}
}

extension SandboxSettings {
    var uploadsURL: String { "\(publicURL)/uploads/" }
}

extension Response {
    /// Nginx hangs up without an answer: it hands this over to a location that returns its 444.
    static var hangUp: Response {
        guard let name = HTTPField.Name("X-Accel-Redirect") else { preconditionFailure("a token") }
        return Response(status: .ok, fields: [name: "/_hang-up"])
    }
}

extension PolloOrder {
    func link(_ settings: SandboxSettings, until end: Date) -> String {
        "\(settings.publicURL)/files/\(video.fileName)?expires=\(end.unixSeconds)"
    }

    /// The body of a callback: flat, as it was captured (docs/pollo.md).
    func callback(_ settings: SandboxSettings, _ linkEndsAt: Date) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("taskId", toldID ?? id)
        json.member("status", status.rawValue)
        json.key("generations")
        json.beginArray()
        writeGeneration(to: &json, settings, linkEndsAt)
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func writeGeneration(
        to json: inout JSONWriter, _ settings: SandboxSettings, _ linkEndsAt: Date
    ) {
        json.beginObject()
        json.member("id", generationID)
        json.member("status", status.rawValue)
        json.member("failMsg", status == .failed ? failMessage : nil)
        json.member("url", status == .succeed ? link(settings, until: linkEndsAt) : "")
        json.member("mediaType", "video")
        json.member("createdDate", createdAt.milliseconds)
        json.member("updatedDate", updatedAt.milliseconds)
        json.endObject()
    }
}

extension Date {
    /// `2026-01-01T00:01:30.000Z`
    fileprivate var milliseconds: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// `1113` as `11.13`.
func decimal(hundredths: Int) -> String {
    let (whole, fraction) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
    let digits = fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return "\(hundredths < 0 ? "-" : "")\(whole).\(digits)"
}
