import JSON

/// What a model of the vendor's takes, read from its specification: an OpenAPI document with the
/// create call, the JSON Schema of that call's body, or the schema of its `input` alone.
package struct ModelSpecification: Hashable, Sendable {
    package let fields: TierFields
    /// The lengths in seconds that every mode takes, shortest first.
    package let durations: [Int]
    /// What the model takes and our orders do not carry: there the vendor's own choice holds.
    package let leftOut: [String]

    /// Throws ``UnusableSpecification`` with all that stands against selling the model.
    package init(_ text: String) throws(UnusableSpecification) {
        guard let root = try? JSONValue(parsing: Array(text.utf8), depth: 32), root.object != nil
        else { throw UnusableSpecification(problems: ["it is no JSON object"]) }
        let document = SchemaDocument(root: root)
        guard let input = document.input else {
            throw UnusableSpecification(problems: ["it describes no input of a create call"])
        }
        var modes = ModeReader(branches: document.branches(of: input))
        let text = modes.rules(withImage: false)
        let image = modes.rules(withImage: true)
        if text == nil, image == nil { modes.problems.append("no order takes its fields") }
        guard modes.problems.isEmpty else {
            throw UnusableSpecification(problems: modes.problems)
        }
        fields = TierFields(text: text, image: image)
        durations = modes.durations ?? []
        leftOut = modes.leftOut.sorted()
    }
}

/// Why a model cannot be sold by its specification: parts of a sentence, for operators.
package struct UnusableSpecification: Error, Hashable {
    package let problems: [String]
}

/// A JSON document whose schemas refer to each other.
private struct SchemaDocument {
    let root: JSONValue

    /// The schema of the member `input` of a create call's body.
    var input: JSONValue? {
        let body = createBody ?? root
        let schema = resolved(body)
        if let input = schema["properties"]?["input"] { return input }
        return branches(of: schema).contains { !$0.properties.isEmpty } ? schema : nil
    }

    /// The body of the only call of an OpenAPI document that takes one by POST.
    private var createBody: JSONValue? {
        guard let paths = root["paths"]?.object else { return nil }
        let bodies = paths.keys.sorted().compactMap { path in
            paths[path]?["post"].map(resolved)?["requestBody"].map(resolved)?["content"]?[
                "application/json"]?["schema"]
        }
        return bodies.count == 1 ? bodies[0] : nil
    }

    /// What a reference within the document leads to, or the value itself.
    private func resolved(_ value: JSONValue) -> JSONValue {
        var value = value
        for _ in 0..<8 {
            guard let path = value["$ref"]?.string else { return value }
            guard path.hasPrefix("#/") else { return .null }
            value = path.dropFirst(2).split(separator: "/").reduce(root) { found, name in
                found[String(name)] ?? .null
            }
        }
        return .null
    }

    /// The alternatives of a schema, each with all its properties; not more than 16 of them.
    func branches(of schema: JSONValue) -> [SchemaBranch] {
        var visits = 200
        return branches(of: schema, depth: 6, &visits)
    }

    /// - Parameter visits: how many schemas may still be read. References make as many as they like of
    ///   a short document.
    private func branches(
        of schema: JSONValue, depth: Int, _ visits: inout Int
    ) -> [SchemaBranch] {
        let schema = resolved(schema)
        guard depth > 0, visits > 0, schema.object != nil else { return [] }
        visits -= 1
        var found = [
            SchemaBranch(
                properties: (schema["properties"]?.object ?? [:]).mapValues(resolved),
                required: Set((schema["required"]?.array ?? []).compactMap(\.string)))
        ]
        for part in schema["allOf"]?.array ?? [] {
            found = product(found, branches(of: part, depth: depth - 1, &visits))
        }
        for word in ["anyOf", "oneOf"] {
            guard let parts = schema[word]?.array else { continue }
            found = product(
                found, parts.flatMap { branches(of: $0, depth: depth - 1, &visits) })
        }
        return Array(found.prefix(16))
    }

    private func product(_ some: [SchemaBranch], _ others: [SchemaBranch]) -> [SchemaBranch] {
        guard !others.isEmpty else { return some }
        return some.prefix(16).flatMap { one in others.prefix(16).map { one.joined(with: $0) } }
    }
}

/// One alternative of what an object may hold.
private struct SchemaBranch {
    let properties: [String: JSONValue]
    let required: Set<String>

    func joined(with other: SchemaBranch) -> SchemaBranch {
        SchemaBranch(
            properties: properties.merging(other.properties) { $1 },
            required: required.union(other.required))
    }
}

/// Makes the rules of our two modes from a model's alternatives.
private struct ModeReader {
    let branches: [SchemaBranch]
    var problems: [String] = []
    private(set) var durations: [Int]?
    private(set) var leftOut: Set<String> = []

    init(branches: [SchemaBranch]) {
        self.branches = branches
    }

    /// The rules of the first alternative for the mode; nil when there is none.
    mutating func rules(withImage: Bool) -> [String: FieldRule]? {
        let fitting = branches.filter { branch in
            guard !branch.properties.isEmpty else { return false }
            return withImage
                ? branch.properties["image"] != nil : !branch.required.contains("image")
        }
        // One that says nothing of pictures is what words alone are meant for.
        let plain = fitting.first { $0.properties["image"] == nil }
        guard let branch = (withImage ? nil : plain) ?? fitting.first else { return nil }
        return rules(of: branch, withImage: withImage)
    }

    private mutating func rules(
        of branch: SchemaBranch, withImage: Bool
    ) -> [String: FieldRule] {
        let mode = withImage ? "from a picture" : "from words"
        var rules: [String: FieldRule] = [:]
        takeDurations(branch.properties["length"] ?? branch.properties["duration"], mode)
        for name in branch.properties.keys.sorted()
        where !["length", "duration"].contains(name) {
            guard withImage || !["image", "imageTail"].contains(name) else { continue }
            let isRequired = branch.required.contains(name)
            let schema = PropertySchema(branch.properties[name] ?? .null)
            if let rule = schema.rule(for: name, isRequired: isRequired) {
                rules[name] = rule
            } else if isRequired {
                problems.append("\(mode), it demands \(name), which an order cannot carry")
            } else {
                leftOut.insert(name)
            }
        }
        for name in ["prompt"] + (withImage ? ["image"] : []) where rules[name] == nil {
            problems.append("\(mode), it takes no \(name)")
        }
        return rules
    }

    private mutating func takeDurations(_ schema: JSONValue?, _ mode: String) {
        let found = schema.map { PropertySchema($0).seconds } ?? []
        let common = durations.map { $0.filter(found.contains) } ?? found
        if common.isEmpty {
            problems.append("\(mode), it does not say which whole seconds it takes")
        }
        durations = common
    }
}
