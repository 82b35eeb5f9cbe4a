import Domain
import HTTP
import HTTPTypes
import JSON

/// An answer of the platform, read tolerantly: wrapped in `data` as on the wire, or flat as in the
/// vendor's documents.
struct PolloAnswer {
    let status: Int
    /// `code` of the envelope in upper case; nil when there is none.
    let code: String?
    /// The vendor's words, with those of each issue; at most 500 code points.
    let message: String
    /// `data` when it is an object, else everything.
    let payload: [String: JSONValue]
    let taskID: String?

    /// Nil when the body is no JSON object: something in between has answered, not the platform.
    init?(_ response: InboundResponse) {
        guard let root = JSONValue.object(in: response.body) else { return nil }
        let data = root["data"]?.object
        status = response.status.code
        code = (root["code"]?.text?.utf8.map(\.inUpperCase)).map {
            String(decoding: $0, as: UTF8.self)
        }
        payload = data ?? root
        taskID = payload["taskId"]?.text ?? root["taskId"]?.text
        let issues = root["issues"]?.array ?? data?["issues"]?.array ?? []
        let texts = ([root] + issues.compactMap(\.object)).compactMap { $0["message"]?.text }
        message = texts.joined(separator: "; ").cut(to: 500)
    }

    var isSuccess: Bool { (200..<300).contains(status) && (code == nil || code == "SUCCESS") }

    /// Status, code and message in one line, for logs.
    var description: String {
        let parts = ["HTTP \(status)", code ?? "", message]
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// What stands in the way, when the answer says so; nil for a success, for an error of the
    /// request itself and for an error that says nothing.
    var obstacle: PolloObstacle? {
        let words = message.bytes
        switch (status, code) {
        case (500..., _): return nil
        case _ where isSuccess: return nil
        case (429, _): return .rateLimited
        case (_, let code?) where code.bytes.starts(with: "RATE_LIMIT"): return .rateLimited
        case (_, "PARALLEL_TASK_LIMIT_REACHED"): return .rateLimited
        case (402, _): return .balanceEmpty
        case (401, _), (_, "UNAUTHORIZED"): return .unauthorized
        case (403, _), (_, "FORBIDDEN"):
            if words.contains(ignoringCase: "parallel task limit") { return .rateLimited }
            if words.contains(ignoringCase: "not enough credit") { return .balanceEmpty }
            if words.contains(ignoringCase: "not enabled") { return .modelNotEnabled }
            return .unauthorized
        case (404, _), (_, "NOT_FOUND"): return .notFound
        default: return nil
        }
    }
}

extension InboundResponse {
    /// Whether a web page came instead of an answer: the challenge of the vendor's front.
    var isHTML: Bool {
        if fields[.contentType].flatMap(MediaType.init)?.name == "text/html" { return true }
        return body.first { $0 > 0x20 } == UInt8(ascii: "<")
    }
}
