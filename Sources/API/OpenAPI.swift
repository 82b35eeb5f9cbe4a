package import Domain
import HTTP
import HTTPTypes
import JSON
import Texts

/// The description of the API by itself (OpenAPI 3.1.1, <https://spec.openapis.org/oas/v3.1.1>).
/// It follows from the operations and the lists of fields that their answers are written by.
package enum OpenAPI {
    /// Whose calls a description is about, where it is not about all of them.
    package enum Audience: String, CaseIterable, Sendable {
        case customers, operators
    }

    /// The document for `operations`. What an order may hold is taken from the catalog.
    ///
    /// - Parameters:
    ///   - audience: nil for everybody's calls.
    ///   - cookie: the name of the one that signs in.
    package static func document(
        of operations: [Operation], for audience: Audience?, catalog: Catalog, appURL: String,
        cookie: String
    ) -> [UInt8] {
        var document = Document(catalog: catalog, cookie: cookie)
        let meant = operations.filter { operation in
            audience.map { ($0 == .operators) == operation.access.isForOperators } ?? true
        }
        document.write(meant, appURL: appURL)
        return document.json.bytes
    }

    fileprivate static let info = #"""
        {"title":"Rushes","version":"1","description":"AI video, paid per second from prepaid \#
        credit. Amounts are JSON numbers in US dollars, exact to the last digit; times are ISO 8601 \#
        in UTC; ids are UUIDs that sort by their time. Every answer has an X-Request-Id. GET routes \#
        answer HEAD too; another method is answered 405 with Allow. Per-address limits may answer \#
        429 to any call."}
        """#

    fileprivate static func securitySchemes(_ cookie: String) -> String {
        #"""
        {"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":"The token \#
        of register, login or refresh."},"cookie":{"type":"apiKey","in":"cookie",\#
        "name":"\#(cookie)","description":"The site's own cookie. Every call that \#
        changes something needs the header Origin of the site with it."}}
        """#
    }
}

/// The document while it is written, and the components that it has referred to so far.
private struct Document {
    let catalog: Catalog
    let cookie: String
    var json = JSONWriter(capacity: 128 * 1024)
    var schemas = Schemas()
    var parameters: [Parameter] = []
    var responses: [(name: String, refusals: [Refusal])] = []

    init(catalog: Catalog, cookie: String) {
        self.catalog = catalog
        self.cookie = cookie
    }

    mutating func write(_ operations: [Operation], appURL: String) {
        json.beginObject()
        json.member("openapi", "3.1.1")
        json.key("info")
        json.literal(OpenAPI.info)
        json.key("servers")
        json.literal("[{\"url\":\(appURL.quoted)}]")
        json.key("security")
        json.literal(#"[{"bearer":[]},{"cookie":[]}]"#)
        json.key("paths")
        json.beginObject()
        var paths: [String] = []
        for operation in operations where !paths.contains(operation.path) {
            paths.append(operation.path)
        }
        for path in paths {
            json.key(path)
            json.beginObject()
            for operation in operations where operation.path == path { write(operation) }
            json.endObject()
        }
        json.endObject()
        writeComponents()
        json.endObject()
    }

    private mutating func write(_ operation: Operation) {
        json.key(operation.method.rawValue.lowercased())
        json.beginObject()
        json.member("operationId", operation.id)
        json.member("summary", operation.summary)
        json.key("tags")
        [operation.part].write(to: &json)
        if !operation.access.isForCallers {
            json.key("security")
            json.literal("[]")
        }
        write(operation.allParameters)
        if let body = operation.body { write(body) }
        json.key("responses")
        json.beginObject()
        for outcome in operation.outcomes { write(outcome) }
        let refusals = Dictionary(grouping: operation.allRefusals, by: \.meaning.status)
        let described = Set(operation.outcomes.map(\.status))
        for (status, refusals) in refusals.sorted(by: { $0.key < $1.key })
        where !described.contains(status) {
            json.key(String(status))
            write(refusals)
        }
        json.endObject()
        json.endObject()
    }

    private mutating func write(_ parameters: [Parameter]) {
        guard !parameters.isEmpty else { return }
        json.key("parameters")
        json.beginArray()
        for parameter in parameters {
            if !self.parameters.contains(where: { $0.component == parameter.component }) {
                self.parameters.append(parameter)
            }
            json.reference("parameters", parameter.component)
        }
        json.endArray()
    }

    private mutating func write(_ body: Body) {
        json.key("requestBody")
        json.beginObject()
        let most = max(body.limit, body.file?.bytes ?? 0)
        json.member("description", "At most \(most / 1024) kB.")
        json.member("required", true)
        let catalog = catalog
        let schema = schemas.reference(body.name) { _ in body.schema(catalog) }
        json.content(schema, example: body.example, file: body.file?.field)
        json.endObject()
    }

    private mutating func write(_ outcome: Outcome) {
        json.key(String(outcome.status))
        json.beginObject()
        json.member("description", outcome.says)
        let headers = [
            outcome.isRevalidated ? "ETag" : nil, outcome.setsCookie ? "Set-Cookie" : nil,
        ].compactMap { $0 }
        if !headers.isEmpty {
            json.key("headers")
            json.beginObject()
            for name in headers {
                json.key(name)
                json.literal(#"{"schema":{"type":"string"}}"#)
            }
            json.endObject()
        }
        if let body = outcome.body {
            json.content(body.schema(&schemas), example: outcome.example ?? body.example)
        }
        if let type = outcome.mediaType {
            json.key("content")
            json.literal("{\(type.quoted):{}}")
        }
        json.endObject()
        if outcome.isRevalidated {
            json.key("304")
            json.literal(
                #"{"description":"Nothing has changed since the tag in If-None-Match."}"#)
        }
    }

    /// The refusals of one status, as one component.
    private mutating func write(_ refusals: [Refusal]) {
        let name = refusals.map(\.componentName).joined(separator: "Or")
        if !responses.contains(where: { $0.name == name }) { responses.append((name, refusals)) }
        json.reference("responses", name)
    }

    private mutating func writeComponents() {
        let error = RefusalAnswer.schema(&schemas)
        json.key("components")
        json.beginObject()
        json.key("securitySchemes")
        json.literal(OpenAPI.securitySchemes(cookie))
        json.key("parameters")
        json.beginObject()
        for parameter in parameters { json.write(parameter) }
        json.endObject()
        json.key("schemas")
        json.beginObject()
        for schema in schemas.named {
            json.key(schema.name)
            json.literal(schema.value)
        }
        json.endObject()
        json.key("responses")
        json.beginObject()
        for (name, refusals) in responses { json.write(name, refusals, error) }
        json.endObject()
        json.endObject()
    }
}

extension Operation {
    /// The path with its variable parts in braces.
    fileprivate var path: String {
        pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.first == ":" ? "{\($0.dropFirst())}" : String($0) }
            .joined(separator: "/")
    }
}

extension Refusal {
    fileprivate var componentName: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// One such refusal.
    fileprivate var sample: Refused {
        switch self {
        case .invalidInput:
            Refused(
                InvalidInput("duration", .durationToChoose, ["durations": .either(["5", "10"])]))
        case .insufficientCredits:
            Refused(
                InsufficientCredits(
                    required: Money(micros: 1_860_000), current: Money(micros: 500_000)))
        case .rateLimited:
            Refused(RateLimited(limit: 10, windowSeconds: 900, retryAfterSeconds: 312))
        case .triedTooOften: Refused(TooManyTries(.account, retryAfterSeconds: 15))
        case .methodNotAllowed: Refused(allowing: [.get])
        case .tooLarge: Refused(BodyTooLarge(limit: 4096))
        default: Refused(self)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func reference(_ kind: String, _ name: String) {
        beginObject()
        member("$ref", "#/components/\(kind)/\(name)")
        endObject()
    }

    /// - Parameter file: the field of a form with a file, which may be sent instead.
    fileprivate mutating func content(_ schema: Schema, example: String, file: String? = nil) {
        key("content")
        let form = file.map { field in
            let bytes = Schema.type("string").with("contentMediaType", "image/*".quoted)
            let schema = Schema.object([(field, bytes)], required: [field])
            return #","multipart/form-data":{"schema":\#(schema.json)}"#
        }
        literal(
            #"{"application/json":{"schema":\#(schema.json),"example":\#(example)}\#(form ?? "")}"#)
    }

    fileprivate mutating func write(_ parameter: Parameter) {
        key(parameter.component)
        beginObject()
        member("name", parameter.name)
        member("in", parameter.place.rawValue)
        if parameter.isRequired { member("required", true) }
        if let says = parameter.says { member("description", says) }
        key("schema")
        literal(parameter.schema.json)
        if let example = parameter.example {
            key("example")
            literal(example)
        }
        endObject()
    }

    fileprivate mutating func write(_ name: String, _ refusals: [Refusal], _ error: Schema) {
        key(name)
        beginObject()
        member("description", refusals.map(\.says).joined(separator: " Or: "))
        if refusals.contains(where: \.isTemporary) {
            key("headers")
            literal(
                #"{"Retry-After":{"description":"In seconds.","schema":{"type":"integer"}}}"#)
        }
        var example = JSONWriter()
        RefusalAnswer(refused: refusals[0].sample, requestID: RefusalAnswer.exampleID)
            .write(to: &example)
        content(error, example: String(decoding: example.bytes, as: UTF8.self))
        endObject()
    }
}
