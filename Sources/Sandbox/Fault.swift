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
    /// The member of the true answer's JSON whose first value is replaced by `value`, which need
    /// not be JSON; instead of the answer above.
    let field: String?
    let value: String?
    /// For requests whose body has this text alone.
    let contains: String?

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
        field = fields["field"]
        value = fields["value"]
        contains = fields["contains"]
    }

    /// The true answer as this fault changes it; nil when it replaces it.
    func changed(_ body: [UInt8]) -> [UInt8]? {
        if let percent { return Array(body.prefix(body.count * percent / 100)) }
        return field.map { JSONText.replacing($0, by: Array((value ?? "null").utf8), in: body) }
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
    mutating func takeFault(_ method: String, _ path: String, _ body: [UInt8]) -> Fault? {
        let match = faults.firstIndex { fault in
            (fault.isExact ? path == fault.path : path.hasPrefix(fault.path))
                && (fault.method ?? method) == method
                && (fault.contains.map { body.contains(Array($0.utf8)) } ?? true)
        }
        guard let match else { return nil }
        let fault = faults[match]
        faults[match].count -= 1
        if faults[match].count == 0 { faults.remove(at: match) }
        return fault
    }
}

/// JSON that is changed as text, so that what no reader takes can be put into it: `1e400`.
enum JSONText {
    /// The text with the value of the first member of a name replaced; unchanged without one.
    static func replacing(_ name: String, by value: [UInt8], in text: [UInt8]) -> [UInt8] {
        let key = Array("\"\(name)\":".utf8)
        guard let start = text.firstRange(of: key)?.upperBound else { return text }
        return Array(text[..<start] + value + text[end(of: start, text)...])
    }

    /// Where the value ends that begins at `start`.
    private static func end(of start: Int, _ text: [UInt8]) -> Int {
        var depth = 0
        var isText = false
        var at = start
        while at < text.count {
            let byte = text[at]
            if isText {
                if byte == UInt8(ascii: "\\") { at += 1 }
                if byte == UInt8(ascii: "\"") { isText = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: ",") where depth == 0: return at
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    if depth == 0 { return at }
                    depth -= 1
                default: break
                }
            }
            at += 1
        }
        return text.count
    }
}

extension [UInt8] {
    func firstRange(of other: [UInt8]) -> Range<Int>? {
        guard !other.isEmpty, other.count <= count else { return nil }
        let start = (0...(count - other.count)).first {
            self[$0..<($0 + other.count)].elementsEqual(other)
        }
        return start.map { $0..<($0 + other.count) }
    }

    func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
