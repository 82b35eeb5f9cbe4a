import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Texts

/// The JSON object in a request's body.
struct Content {
    let members: [String: JSONValue]
    let bytes: [UInt8]

    static let empty = Content(members: [:], bytes: [])

    /// What reads its fields and gathers complaints.
    var reader: FieldReader { FieldReader(members) }
}

extension Request {
    /// The body as a JSON object, of type `application/json`.
    func json(upTo limit: Int) throws -> Content {
        let type = source.parameter("CONTENT_TYPE") ?? ""
        guard MediaType(type)?.name == "application/json" else {
            throw Refusal.unsupportedMediaType
        }
        let bytes = try source.body(upTo: limit)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes, depth: JSONValue.ownDepth)
        } catch {
            throw InvalidInput("body", error.phrase)
        }
        guard case .object(let members) = value else {
            throw InvalidInput("body", .sendObject)
        }
        return Content(members: members, bytes: bytes)
    }

    /// A header that must not come twice: two different readers could each believe another one.
    func single(_ parameter: StaticString, _ name: String) throws -> String? {
        guard source.count(of: parameter) <= 1 else {
            throw InvalidInput(name, .headerOnce)
        }
        return source.parameter(parameter)
    }

    /// The caller's key for this call, with the hash of all that it names.
    func clientKey(body: [UInt8]) throws -> ClientKey? {
        guard let key = try single("HTTP_IDEMPOTENCY_KEY", "Idempotency-Key"), !key.isEmpty else {
            return nil
        }
        guard key.utf8.count <= 255, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw InvalidInput("Idempotency-Key", .keyMalformed)
        }
        var hash = SHA256()
        hash.update("\(method.rawValue) \(path)\n".utf8)
        hash.update(body)
        return ClientKey(key: key, requestHash: hash.finalize())
    }
}

/// How many items a page has at most.
enum PageLimit {
    static let range = 1...100
    static let standard = 20
}

/// Which part of a list is asked for.
struct Page<Kind> {
    let limit: Int
    let cursor: ID<Kind>?

    /// Reads `limit` and `cursor`, adding what is wrong to `problems`.
    init(_ query: Query, problems: inout [InvalidInput.Field]) {
        var limit = PageLimit.standard
        if let text = query["limit"] {
            if let number = text.bytes.decimal, PageLimit.range.contains(number) {
                limit = number
            } else {
                problems.append(.init("limit", .limitMalformed))
            }
        }
        var cursor: ID<Kind>?
        if let text = query["cursor"] {
            cursor = ID(text)
            if cursor == nil {
                problems.append(.init("cursor", .cursorMalformed))
            }
        }
        self.limit = limit
        self.cursor = cursor
    }

    /// Reads them where nothing else is asked for.
    init(_ request: Request) throws {
        var problems: [InvalidInput.Field] = []
        self.init(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
    }

    /// The items that belong to this page, out of one more than the limit, and the cursor of the
    /// next page.
    func answer<Row, Item: JSONObject>(
        _ rows: [Row], id: (Row) -> ID<Kind>, item: (Row) -> Item
    ) -> PageAnswer<Item> {
        let last = rows.count > limit ? rows[limit - 1] : nil
        return PageAnswer(
            items: rows.prefix(limit).map(item), nextCursor: last.map { id($0).description })
    }

    func answer<Item: JSONObject>(_ items: [Item], id: (Item) -> ID<Kind>) -> PageAnswer<Item> {
        answer(items, id: id) { $0 }
    }
}

extension JSONError {
    /// What to tell the one who sent it.
    fileprivate var phrase: Phrase {
        switch self {
        case .malformed: Phrase(.notJSON)
        case .tooDeep(let limit): Phrase(.tooDeep, ["limit": .number(limit)])
        case .longName(let limit): Phrase(.nameTooLong, ["limit": .number(limit)])
        case .duplicateName: Phrase(.nameTwice)
        case .inexactNumber: Phrase(.numberInexact)
        }
    }
}

extension Date {
    /// Reads what ``iso8601`` writes, without fractions too, or a day alone, in the years 1000 to
    /// 9999, which the database can compare with.
    init?(iso8601 text: String) {
        let whole = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // The parser knows other digits too.
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let time = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        guard time.utf8.count >= 20 else { return nil }
        // It takes 30 February for 2 March.
        let civil = String(decoding: Array(time.utf8)[..<19], as: UTF8.self) + "Z"
        guard let date = (try? whole.parse(time)) ?? (try? fractional.parse(time)),
            (try? whole.parse(civil))?.formatted(whole).isSame(as: civil) == true,
            // In seconds since 1970; the last day is left to spans and roundings.
            (-30_610_224_000..<253_402_214_400).contains(date.timeIntervalSince1970)
        else { return nil }
        self = date
    }
}
