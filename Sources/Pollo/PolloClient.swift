// Pollo: the client of the vendor that makes the videos, and the signature of its callbacks. The
// network is a closure, so tests give answers. docs/pollo.md says what the vendor does.
// It repeats no call and decides nothing: what an answer means for a job is Worker's.

package import Domain
package import HTTP
import HTTPTypes
import JSON

/// Which of the vendor's two endpoint families is spoken.
package enum PolloFamily: String, Sendable {
    case classic
    case v1
}

/// A client of Pollo's platform API. Makes one call at a time and never repeats one.
package struct PolloClient {
    private let apiKey: String
    private let base: String
    private let family: PolloFamily
    private let send: Send

    /// - Parameter base: `https://pollo.ai/api/platform`, with or without a slash at its end.
    package init(apiKey: String, base: String, family: PolloFamily, send: @escaping Send) {
        self.apiKey = apiKey
        self.base = base.withoutLastSlash
        self.family = family
        self.send = send
    }

    /// Orders a video and returns its task's id. Each call that is taken is billed at once.
    ///
    /// - Parameters:
    ///   - path: brand and model of the classic family: `kling-ai/kling-v1-6`.
    ///   - input: under their classic names, sent in this order; an absent field must be left out,
    ///     not empty.
    ///   - webhookURL: where the end is announced; unguessable, and of this job alone.
    package func create(
        path: String, input: [VendorField], webhookURL: String
    ) throws(PolloCreateFailure) -> String {
        let body = createBody(input, webhookURL)
        let response: InboundResponse
        do throws(TransportError) {
            response = try send(request(.post, createPath(path), body))
        } catch {
            switch error.kind {
            case .notSent, .refusedAddress: throw .notCreated(.notSent, error.message)
            case .unknown, .tooLarge: throw .unknown(error.message)
            }
        }
        return try taskID(in: response)
    }

    /// Asks how a task stands. Every failure means "ask again", never that the task has failed.
    package func status(of taskID: String) throws(PolloStatusFailure) -> PolloTask {
        guard PolloTask.isID(taskID) else {
            throw PolloStatusFailure(.unavailable, "not the id of a task")
        }
        let prefix = family == .v1 ? "/v1" : ""
        let answer = try ask("\(prefix)/generation/\(taskID)/status")
        if let other = answer.taskID, !other.isSame(as: taskID) {
            throw PolloStatusFailure(.unavailable, "the answer is about another task")
        }
        return PolloTask(answer.payload)
    }

    /// The credits left. Costs nothing and proves key and reachability, but at most once a minute
    /// (docs/pollo.md, Balance).
    package func balance() throws(PolloStatusFailure) -> PolloBalance {
        let answer = try ask("/credit/balance")
        guard let available = answer.payload["availableCredits"]?.hundredths else {
            throw PolloStatusFailure(.unavailable, "no availableCredits: \(answer.description)")
        }
        return PolloBalance(
            availableHundredths: available,
            totalHundredths: answer.payload["totalCredits"]?.hundredths)
    }

    private func taskID(in response: InboundResponse) throws(PolloCreateFailure) -> String {
        let status = response.status.code
        guard let answer = PolloAnswer(response) else {
            let message = "HTTP \(status) without JSON"
            switch status {
            case 429: throw .notCreated(.rateLimited, message)
            case 408: throw .unknown(message)
            // What answers so stands in front of the platform, which never saw the call.
            case 400..<500: throw .notCreated(.challenge, message)
            case 503 where response.isHTML: throw .notCreated(.challenge, message)
            default: throw .unknown(message)
            }
        }
        if let taskID = answer.taskID {
            // An error that names a task contradicts itself: the task may well exist.
            guard answer.isSuccess else { throw .unknown(answer.description) }
            // Nobody could ask for this one, though it was made.
            guard PolloTask.isID(taskID) else { throw .unknown("a task without a usable id") }
            return taskID
        }
        if let obstacle = answer.obstacle { throw .notCreated(obstacle, answer.description) }
        let isRefusal = (400..<500).contains(status) && status != 408
        if isRefusal || status < 300 && answer.code == "BAD_REQUEST" {
            throw .refused(answer.message.isEmpty ? answer.description : answer.message)
        }
        throw .unknown(answer.description)
    }

    private func ask(_ path: String) throws(PolloStatusFailure) -> PolloAnswer {
        let response: InboundResponse
        do throws(TransportError) {
            response = try send(request(.get, path, nil))
        } catch {
            switch error.kind {
            case .notSent, .refusedAddress:
                throw PolloStatusFailure(.obstacle(.notSent), error.message)
            case .unknown, .tooLarge: throw PolloStatusFailure(.unavailable, error.message)
            }
        }
        guard let answer = PolloAnswer(response) else {
            let status = response.status.code
            let kind: PolloStatusFailure.Kind =
                switch status {
                case 429: .obstacle(.rateLimited)
                case 403, 503: .obstacle(.challenge)
                default: .unavailable
                }
            throw PolloStatusFailure(kind, "HTTP \(status) without JSON")
        }
        guard answer.isSuccess else {
            throw PolloStatusFailure(
                answer.obstacle.map { .obstacle($0) } ?? .unavailable, answer.description)
        }
        return answer
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]?
    ) -> OutboundRequest {
        var fields: HTTPFields = [.accept: "application/json"]
        fields[Self.apiKeyName] = apiKey
        if body != nil { fields[.contentType] = "application/json" }
        return OutboundRequest(method: method, url: base + path, fields: fields, body: body)
    }

    private static let apiKeyName: HTTPField.Name = {
        guard let name = HTTPField.Name("x-api-key") else { preconditionFailure("a token") }
        return name
    }()

    private func createPath(_ path: String) -> String {
        switch family {
        case .classic: return "/generation/\(path)"
        case .v1:
            // The vendor renamed its own brand, and no other.
            let renamed = path.bytes.starts(with: "pollo/") ? "pollo-ai/" + path.dropFirst(6) : path
            return "/v1/generation/\(renamed)/video"
        }
    }

    private func createBody(_ input: [VendorField], _ webhookURL: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("input")
        json.beginObject()
        for field in input {
            json.key(family == .v1 && field.name == "length" ? "duration" : field.name)
            json.value(field.value)
        }
        json.endObject()
        json.member("webhookUrl", webhookURL)
        json.endObject()
        return json.bytes
    }
}
