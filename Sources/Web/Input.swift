import Domain
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Texts

/// How many bytes the bodies of calls have at most.
enum BodyLimit {
    /// Of nearly every call: a few short fields.
    static let short = 4 * 1024
    /// Of an order: its texts in any script, escaped, and its addresses.
    static let order = 16 * 1024
    /// Of a vendor's event, which holds a whole object. Its signature is computed before anything
    /// is believed, so this bounds what a stranger can make us hash.
    static let event = 128 * 1024
}

extension Request {
    /// The body as JSON, of type `application/json`.
    func json(
        upTo limit: Int = BodyLimit.short
    ) throws -> (value: JSONValue, bytes: [UInt8]) {
        let type = source.parameter("CONTENT_TYPE") ?? ""
        guard MediaType(type)?.name == "application/json" else {
            throw UnsupportedMediaType()
        }
        let bytes = try source.body(upTo: limit)
        do throws(JSONError) {
            return (try JSONValue(parsing: bytes, depth: JSONValue.ownDepth), bytes)
        } catch {
            throw InvalidInput("body", error.phrase)
        }
    }

    /// The members of a JSON object in the body.
    func jsonObject(upTo limit: Int = BodyLimit.short) throws -> [String: JSONValue] {
        guard case .object(let members) = try json(upTo: limit).value else {
            throw InvalidInput("body", .sendObject)
        }
        return members
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

/// Which part of a list is asked for.
struct Page<Kind> {
    let limit: Int
    let cursor: ID<Kind>?

    /// Reads `limit` (1 to 100, 20 when left out) and `cursor`, adding what is wrong to `problems`.
    init(_ query: Query, problems: inout [InvalidInput.Field]) {
        var limit = 20
        if let text = query["limit"] {
            if let number = text.bytes.decimal, (1...100).contains(number) {
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

    /// Writes the items that belong to this page, out of one more than the limit, and the cursor
    /// of the next page.
    func write<Item>(
        _ items: [Item], id: (Item) -> ID<Kind>, _ json: inout JSONWriter,
        item: (inout JSONWriter, Item) -> Void
    ) {
        json.key("items")
        json.beginArray()
        for entry in items.prefix(limit) { item(&json, entry) }
        json.endArray()
        let last = items.count > limit ? items[limit - 1] : nil
        json.member("nextCursor", last.map { id($0).description })
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
