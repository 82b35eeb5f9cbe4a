import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON

/// A call of the console's API by somebody at the command line: what the pages would send.
struct ConsoleCall {
    enum Value {
        case text(String)
        case money(Money)
        case number(Int)
        case flag(Bool)
        case texts([String])
        case steps([CostStep])
    }

    let method: HTTPRequest.Method
    /// Behind `/api/admin/`.
    let path: String
    let query: [(name: String, value: String)]
    let body: [(name: String, value: Value)]
    let key: String?

    /// What is nil is left out.
    static func look(_ path: String, _ query: KeyValuePairs<String, String?> = [:]) -> ConsoleCall {
        ConsoleCall(
            method: .get, path: path,
            query: query.compactMap { name, value in value.map { (name, $0) } }, body: [],
            key: nil)
    }

    static func act(
        _ path: String, key: String, _ body: KeyValuePairs<String, Value?>
    ) -> ConsoleCall {
        ConsoleCall(
            method: .post, path: path, query: [],
            body: body.compactMap { name, value in value.map { (name, $0) } }, key: key)
    }

    /// As nginx would hand it over.
    var request: Request {
        Request(
            method: method, path: "/api/admin/\(path)",
            queryString: query.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&"),
            id: "command-line", source: CommandSource(body: bodyBytes, key: key))
    }

    private var bodyBytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in body {
            json.key(name)
            switch value {
            case .text(let text): text.write(to: &json)
            case .money(let money): money.write(to: &json)
            case .number(let number): number.write(to: &json)
            case .flag(let flag): flag.write(to: &json)
            case .texts(let texts): texts.write(to: &json)
            case .steps(let steps): steps.write(to: &json)
            }
        }
        json.endObject()
        return json.bytes
    }
}

private final class CommandSource: RequestSource {
    private let bytes: [UInt8]
    private let key: String?

    init(body: [UInt8], key: String?) {
        bytes = body
        self.key = key
    }

    func parameter(_ name: StaticString) -> String? {
        switch name.description {
        case "CONTENT_TYPE": "application/json"
        case "HTTP_IDEMPOTENCY_KEY": key
        default: nil
        }
    }

    func count(of name: StaticString) -> Int { parameter(name) == nil ? 0 : 1 }

    func body(upTo limit: Int) throws -> [UInt8] {
        guard bytes.count <= limit else { throw BodyTooLarge(limit: limit) }
        return bytes
    }
}

extension String {
    /// As a value of a query: all but letters, digits and `-._~` by their bytes.
    fileprivate var percentEncoded: String {
        utf8.map { byte in
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-._~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain
                ? String(Unicode.Scalar(byte)) : "%\(byte < 16 ? "0" : "")\(digits)"
        }.joined()
    }
}
