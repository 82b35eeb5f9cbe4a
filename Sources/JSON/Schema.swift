/// A JSON Schema (2020-12) as its members, in the order in which they are written.
public struct Schema: Sendable {
    public private(set) var members: [Member]

    public struct Member: Sendable {
        public let name: String
        /// JSON text.
        public var value: String
    }

    /// - Parameter members: names, with values that are JSON text.
    public init(_ members: KeyValuePairs<String, String>) {
        self.members = members.map { Member(name: $0.key, value: $0.value) }
    }

    public static func type(_ name: String) -> Schema { Schema(["type": name.quoted]) }

    public static func text(
        atLeast minimum: Int? = nil, atMost maximum: Int? = nil, format: String? = nil,
        pattern: String? = nil
    ) -> Schema {
        type("string")
            .with("minLength", minimum?.description).with("maxLength", maximum?.description)
            .with("format", format?.quoted).with("pattern", pattern?.quoted)
    }

    public static func integer(in range: ClosedRange<Int>? = nil) -> Schema {
        type("integer")
            .with("minimum", range?.lowerBound.description)
            .with("maximum", range?.upperBound.description)
    }

    public static func constant(_ json: String) -> Schema { Schema(["const": json]) }

    public static func words(_ words: [String]) -> Schema {
        Schema(["enum": "[\(words.map(\.quoted).joined(separator: ","))]"])
    }

    public static func array(of item: Schema) -> Schema {
        Schema(["type": "array".quoted, "items": item.json])
    }

    /// An object whose names are not known before.
    public static func map(of value: Schema) -> Schema {
        Schema(["type": "object".quoted, "additionalProperties": value.json])
    }

    public static func oneOf(_ choices: [Schema]) -> Schema {
        Schema(["oneOf": "[\(choices.map(\.json).joined(separator: ","))]"])
    }

    public static func anyOf(_ choices: [Schema]) -> Schema {
        Schema(["anyOf": "[\(choices.map(\.json).joined(separator: ","))]"])
    }

    public static func object(
        _ properties: [(String, Schema)], required: [String]
    ) -> Schema {
        let described = properties.map { "\($0.0.quoted):\($0.1.json)" }
        return Schema([
            "type": "object".quoted,
            "required": "[\(required.map(\.quoted).joined(separator: ","))]",
            "properties": "{\(described.joined(separator: ","))}",
        ])
    }

    public static func reference(_ name: String) -> Schema {
        Schema(["$ref": "#/components/schemas/\(name)".quoted])
    }

    /// With another value of the member; as it is when that is nil.
    public func with(_ name: String, _ value: String?) -> Schema {
        guard let value else { return self }
        var changed = self
        if let index = members.firstIndex(where: { $0.name == name }) {
            changed.members[index].value = value
        } else {
            changed.members.append(Member(name: name, value: value))
        }
        return changed
    }

    /// With a description, before that which it has already.
    public func says(_ description: String?) -> Schema {
        guard let description else { return self }
        guard let present = members.first(where: { $0.name == "description" })?.value else {
            return with("description", description.quoted)
        }
        return with("description", "\(description.quoted.dropLast()) \(present.dropFirst())")
    }

    /// The same, or `null`.
    public var orNull: Schema {
        func value(_ name: String) -> String? { members.first { $0.name == name }?.value }
        if let type = value("type") { return with("type", "[\(type),\("null".quoted)]") }
        if let words = value("enum") { return with("enum", "\(words.dropLast()),null]") }
        return .oneOf([self, .type("null")])
    }

    public var json: String {
        "{\(members.map { "\($0.name.quoted):\($0.value)" }.joined(separator: ","))}"
    }
}

/// The schemas that have a name, found while others refer to them.
public struct Schemas: Sendable {
    /// In the order in which they were found.
    public private(set) var named: [Schema.Member] = []

    public init() {}

    /// A reference to the schema of this name, which `make` makes when it is not known yet.
    public mutating func reference(
        _ name: String, _ make: (inout Schemas) -> Schema
    ) -> Schema {
        if !named.contains(where: { $0.name == name }) {
            let place = named.count
            named.append(Schema.Member(name: name, value: ""))
            let made = make(&self)
            named[place].value = made.json
        }
        return .reference(name)
    }
}

extension String {
    /// As JSON text.
    package var quoted: String {
        var json = JSONWriter(capacity: utf8.count + 2)
        json.string(self)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
