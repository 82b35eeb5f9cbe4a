import FoundationEssentials
import HTTP
import HTTPTypes
import JSON

/// A request with its body read and its path taken apart.
struct Incoming {
    let method: HTTPRequest.Method
    /// Without the slashes: `["v1", "checkout", "sessions"]`.
    let path: [String]
    let query: FormBody
    let body: [UInt8]
    private let source: any RequestSource

    /// Uploads are the longest, at 10 MB.
    static let bodyLimit = 11 << 20

    init(_ request: Request) throws {
        method = request.method
        path = request.path.split(separator: "/").map(String.init)
        query = FormBody(Array(request.queryString.utf8)) ?? FormBody()
        source = request.source
        body = try request.source.body(upTo: Self.bodyLimit)
    }

    /// The first value of a CGI parameter: `HTTP_X_API_KEY`, `CONTENT_TYPE`. Nil when empty.
    func header(_ name: StaticString) -> String? {
        source.parameter(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The members of a JSON body or the fields of a form, all as text.
    var fields: [String: String] {
        if case .object(let members)? = try? JSONValue(parsing: body) {
            return members.compactMapValues { value in
                switch value {
                case .string(let text): text
                case .integer(let number): String(number)
                case .number(let number): number.description
                case .bool(let flag): flag ? "true" : "false"
                case .null, .array, .object: nil
                }
            }
        }
        let pairs = FormBody(body)?.pairs ?? []
        return Dictionary(pairs.map { ($0.name, $0.value) }) { _, last in last }
    }

    /// Whether a browser asks, which is better shown a page than JSON.
    var wantsPage: Bool { header("HTTP_ACCEPT")?.contains("text/html") == true }
}

/// Names and values of `application/x-www-form-urlencoded`, in their order.
struct FormBody {
    private(set) var pairs: [(name: String, value: String)] = []

    init() {}

    init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// Nil when it is no such form: broken percent signs, or no UTF-8.
    init?(_ bytes: [UInt8]) {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0]),
                let value = Self.decode(sides.count > 1 ? sides[1] : [])
            else { return nil }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    subscript(_ name: String) -> String? { pairs.last { $0.name == name }?.value }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard rest.count >= 2, digits.allSatisfy(\.isHexDigit),
                    let value = UInt8(digits, radix: 16)
                else { return nil }
                decoded.append(value)
                rest.removeFirst(2)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}

extension Response {
    static func json(
        _ status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter()
        write(&json)
        return Response(status: status, contentType: "application/json", body: json.bytes)
    }

    static func html(_ page: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, contentType: "text/html; charset=utf-8",
            fields: [.cacheControl: "no-store"], body: Array(page.utf8))
    }

    static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// 303: the browser gets the other page (RFC 9110, 15.4.4).
    static func seeOther(_ url: String) -> Response {
        Response(status: .seeOther, fields: [.location: url])
    }
}

extension Date {
    var unixSeconds: Int { Int(timeIntervalSince1970.rounded(.down)) }
}
