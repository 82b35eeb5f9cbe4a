import FoundationEssentials
import HTTP
import HTTPTypes

/// A scripted answer: what the next requests of some kind get instead of the true one.
struct Fault: Codable, Sendable {
    let id: String
    /// Nil for every method.
    let method: String?
    /// The start of the path: `/v1/checkout/sessions`, `/api/platform/generation`.
    let path: String
    /// Whether it is the whole path: a list, and not its objects.
    let isExact: Bool
    /// How many requests are left for it.
    var count: Int
    /// Whether the request has its effect, and only its answer is replaced.
    let isAfterwards: Bool
    /// 0 hangs up without an answer.
    let status: Int
    let contentType: String
    let body: String
    let delayMilliseconds: Int
    /// How much of the true answer's body is sent, in per cent, instead of the answer above.
    let percent: Int?

    /// Nil when a field is missing or makes no sense.
    init?(_ fields: [String: String]) {
        guard let path = fields["path"], path.hasPrefix("/"),
            let count = Int(fields["count"] ?? "1"), (1...100_000).contains(count),
            let status = Int(fields["status"] ?? "0"), status == 0 || (200...599).contains(status),
            let delay = Int(fields["delayMilliseconds"] ?? "0"), (0...60_000).contains(delay),
            let isExact = Bool(fields["exact"] ?? "false"),
            let percent = Int(fields["percent"] ?? "100"), (0...100).contains(percent)
        else { return nil }
        let when = fields["when"] ?? "before"
        guard when == "before" || when == "after" else { return nil }
        id = Identifier.stripe("fault_", length: 12)
        method = fields["method"]?.uppercased()
        self.path = path
        self.isExact = isExact
        self.count = count
        isAfterwards = when == "after"
        self.status = status
        contentType = fields["contentType"] ?? "application/json"
        body = fields["body"] ?? ""
        delayMilliseconds = delay
        self.percent = fields["percent"] == nil ? nil : percent
    }

    var response: Response {
        guard status != 0 else { return .hangUp }
        let type: StaticString =
            switch contentType {
            case "text/html": "text/html"
            case "text/plain": "text/plain"
            case "video/mp4": "video/mp4"
            default: "application/json"
            }
        return Response(status: .init(code: status), contentType: type, body: Array(body.utf8))
    }
}

extension SandboxState {
    /// Takes the fault that is meant for this request, if there is one.
    mutating func takeFault(_ method: String, _ path: String) -> Fault? {
        let match = faults.firstIndex { fault in
            (fault.isExact ? path == fault.path : path.hasPrefix(fault.path))
                && (fault.method ?? method) == method
        }
        guard let match else { return nil }
        let fault = faults[match]
        faults[match].count -= 1
        if faults[match].count == 0 { faults.remove(at: match) }
        return fault
    }
}
