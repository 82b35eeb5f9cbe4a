import Domain
import HTTP
import HTTPTypes
import JSON

/// The description of the API by itself (OpenAPI 3.1.1, <https://spec.openapis.org/oas/v3.1.1>).
enum OpenAPI {
    /// `GET /api/openapi.json`: every route with what it takes and answers; cacheable.
    static func show(_ request: Request, _ context: Context) throws -> Response {
        Response.json(.ok, try context.site.openAPI())
            .revalidated(for: request, cacheControl: publicCache)
    }

    /// The document for `routes`. What an order may hold is taken from the catalog.
    static func document(of routes: [Route], catalog: Catalog, appURL: String) -> [UInt8] {
        var json = JSONWriter(capacity: 64 * 1024)
        json.beginObject()
        json.member("openapi", "3.1.1")
        json.key("info")
        json.object(info)
        json.key("servers")
        json.beginArray()
        json.beginObject()
        json.member("url", appURL)
        json.endObject()
        json.endArray()
        json.key("security")
        json.object(#"[{"bearer": []}, {"cookie": []}]"#)
        json.key("paths")
        json.beginObject()
        for (path, operations) in paths(of: routes) {
            json.key(path)
            json.beginObject()
            for operation in operations { json.write(operation) }
            json.endObject()
        }
        json.endObject()
        json.writeComponents(catalog)
        json.endObject()
        return json.bytes
    }

    /// The described routes by path, both in the order of `routes`.
    private static func paths(of routes: [Route]) -> [(path: String, operations: [Operation])] {
        var paths: [(path: String, operations: [Operation])] = []
        for route in routes {
            guard let operation = Operation.all.first(where: { $0.describes(route) }) else {
                continue
            }
            let path = operation.path
            if let index = paths.firstIndex(where: { $0.path == path }) {
                paths[index].operations.append(operation)
            } else {
                paths.append((path, [operation]))
            }
        }
        return paths
    }
}

/// What the document says of one route.
struct Operation: Sendable {
    /// Who may call it.
    enum Access: Sendable {
        case anyone, user
        /// A vendor, by its signature of the body.
        case vendor
    }

    struct Content: Sendable {
        /// The name of a schema among the components.
        let schema: String
        /// JSON text.
        let example: String
    }

    struct Answer: Sendable {
        let status: Int
        let description: String
        var content: Content?
        /// Instead of JSON.
        var mediaType: String?
        /// Whether an unchanged answer is a 304 for a client that sends its tag.
        var isRevalidated = false
        var setsCookie = false
    }

    /// Method and pattern as in the list of routes: `GET /api/videos/:id`.
    let route: String
    let id: String
    let tag: String
    let summary: String
    var access = Access.user
    /// Names among the components.
    var parameters: [String] = []
    var request: Content?
    /// How many bytes the request has at most.
    var bodyLimit = BodyLimit.short
    let success: Answer
    var others: [Answer] = []
    /// Besides 401 for what needs a user, and 500 and 503, which nearly everything can answer.
    var refusals: [Refusal] = []
    /// Whether it needs no database.
    var isAlone = false

    func describes(_ route: Route) -> Bool {
        self.route == "\(route.method.rawValue) \(route.pattern)"
    }

    var method: String { route.prefix { $0 != " " }.lowercased() }

    /// The path with its variable parts in braces.
    var path: String {
        let pattern = route.drop { $0 != " " }.dropFirst()
        return pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.first == ":" ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }

    var allRefusals: [Refusal] {
        let own = access == .user ? refusals + [.unauthenticated] : refusals
        return (isAlone ? own : own + [.internal, .unavailable]).sorted { $0.status < $1.status }
    }
}

extension JSONWriter {
    /// Writes JSON that is laid out for reading, without its line ends and indentation.
    mutating func object(_ text: String) {
        literal(text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.joined())
    }

    fileprivate mutating func write(_ operation: Operation) {
        key(operation.method)
        beginObject()
        member("operationId", operation.id)
        member("summary", operation.summary)
        key("tags")
        beginArray()
        string(operation.tag)
        endArray()
        if operation.access != .user {
            key("security")
            literal("[]")
        }
        if !operation.parameters.isEmpty {
            key("parameters")
            beginArray()
            for name in operation.parameters { reference("parameters", name) }
            endArray()
        }
        if let request = operation.request {
            key("requestBody")
            beginObject()
            member("description", "At most \(operation.bodyLimit / 1024) kB.")
            member("required", true)
            write(request)
            endObject()
        }
        key("responses")
        beginObject()
        for answer in [operation.success] + operation.others { write(answer) }
        for refusal in operation.allRefusals {
            key(String(refusal.status))
            reference("responses", refusal.rawValue)
        }
        endObject()
        endObject()
    }

    private mutating func write(_ answer: Operation.Answer) {
        key(String(answer.status))
        beginObject()
        member("description", answer.description)
        if answer.isRevalidated || answer.setsCookie {
            key("headers")
            beginObject()
            if answer.isRevalidated {
                key("ETag")
                object(#"{"schema": {"type": "string"}}"#)
            }
            if answer.setsCookie {
                key("Set-Cookie")
                object(#"{"schema": {"type": "string"}}"#)
            }
            endObject()
        }
        if let content = answer.content { write(content) }
        if let type = answer.mediaType {
            key("content")
            beginObject()
            key(type)
            literal("{}")
            endObject()
        }
        endObject()
        if answer.isRevalidated {
            key("304")
            object(#"{"description": "Nothing has changed since the tag in If-None-Match."}"#)
        }
    }

    private mutating func write(_ content: Operation.Content) {
        key("content")
        beginObject()
        key("application/json")
        beginObject()
        key("schema")
        reference("schemas", content.schema)
        key("example")
        object(content.example)
        endObject()
        endObject()
    }

    private mutating func reference(_ kind: String, _ name: String) {
        beginObject()
        member("$ref", "#/components/\(kind)/\(name)")
        endObject()
    }

    fileprivate mutating func writeComponents(_ catalog: Catalog) {
        key("components")
        beginObject()
        key("securitySchemes")
        object(OpenAPI.securitySchemes)
        key("parameters")
        write(OpenAPI.parameters)
        key("schemas")
        beginObject()
        for (name, text) in OpenAPI.schemas {
            key(name)
            object(text)
        }
        key("VideoOrder")
        writeOrders(catalog, for: .order)
        key("QuoteOrder")
        writeOrders(catalog, for: .quote)
        endObject()
        key("responses")
        beginObject()
        for refusal in Refusal.allCases {
            key(refusal.rawValue)
            write(refusal)
        }
        endObject()
        endObject()
    }

    private mutating func write(_ components: [(name: String, text: String)]) {
        beginObject()
        for component in components {
            key(component.name)
            object(component.text)
        }
        endObject()
    }

    private mutating func write(_ refusal: Refusal) {
        beginObject()
        member("description", refusal.description)
        if refusal.isTemporary {
            key("headers")
            object(
                #"{"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}"#)
        }
        write(Operation.Content(schema: "Error", example: refusal.example))
        endObject()
    }
}

// MARK: - Orders, from the catalog

extension JSONWriter {
    /// What generate or quote takes: one schema for each tier and mode that is on sale, and for
    /// `auto` what any of them takes.
    fileprivate mutating func writeOrders(_ catalog: Catalog, for purpose: DraftPurpose) {
        let tiers = catalog.tiers.filter(\.isEnabled)
        beginObject()
        key("oneOf")
        beginArray()
        for tier in tiers {
            if let rules = tier.fields.text {
                writeOrder(
                    OrderSchema(
                        title: "\(tier.name), from text", tier: tier.id,
                        durations: tier.durations, rules: [rules], purpose: purpose))
            }
            if let rules = tier.fields.image {
                writeOrder(
                    OrderSchema(
                        title: "\(tier.name), from an image", tier: tier.id,
                        durations: tier.durations, rules: [rules], purpose: purpose,
                        isOnlyMode: tier.requiresImage))
            }
        }
        let durations = Set(tiers.flatMap(\.durations)).sorted()
        let modes: [(String, [[String: FieldRule]])] = [
            ("The cheapest tier, from text", tiers.compactMap(\.fields.text)),
            ("The cheapest tier, from an image", tiers.compactMap(\.fields.image)),
        ]
        for (title, rules) in modes where !rules.isEmpty {
            writeOrder(
                OrderSchema(
                    title: title, tier: "auto", durations: durations,
                    rules: rules, purpose: purpose))
        }
        endArray()
        endObject()
    }

    private mutating func writeOrder(_ order: OrderSchema) {
        beginObject()
        member("title", order.title)
        member("type", "object")
        key("additionalProperties")
        bool(false)
        key("required")
        beginArray()
        for name in order.required { string(name) }
        endArray()
        key("properties")
        beginObject()
        key("tier")
        beginObject()
        member("const", order.tier)
        endObject()
        key("duration")
        beginObject()
        member("type", "integer")
        key("enum")
        beginArray()
        for duration in order.durations { integer(duration) }
        endArray()
        member("description", "Seconds.")
        endObject()
        for name in VideoDraft.modelFields {
            let rules = order.rules(of: name)
            guard let first = rules.first else { continue }
            key(name)
            guard rules.count > 1 else {
                schema(of: first, withRequired: false)
                continue
            }
            beginObject()
            key("anyOf")
            beginArray()
            for rule in rules { schema(of: rule, withRequired: false) }
            endArray()
            endObject()
        }
        key("count")
        object(#"{"type": "integer", "minimum": 1, "maximum": 4, "default": 1}"#)
        key("webhookUrl")
        object(#"{"type": "string", "format": "uri", "maxLength": 2000}"#)
        endObject()
        endObject()
    }
}

private struct OrderSchema {
    let title: String
    let tier: String
    let durations: [Int]
    /// Of the tier, or of each tier that may be chosen.
    let rules: [[String: FieldRule]]
    let purpose: DraftPurpose
    /// Without another mode, nothing needs to tell a quote for this one.
    var isOnlyMode = false

    /// The different rules for a field.
    func rules(of name: String) -> [FieldRule] {
        rules.compactMap { $0[name] }.reduce(into: []) { found, rule in
            if !found.contains(rule) { found.append(rule) }
        }
    }

    var required: [String] {
        let needed = VideoDraft.modelFields.filter { name in
            guard rules.allSatisfy({ $0[name]?.required == true }) else { return false }
            switch purpose {
            case .order: return true
            case .quote: return name == "image" && !isOnlyMode
            }
        }
        return ["tier", "duration"] + needed
    }
}
