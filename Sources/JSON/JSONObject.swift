/// A value that is written as a JSON object, by one list of its fields. The same list writes it,
/// makes its schema and makes its example.
///
/// What writes is public and inlinable, although only this package uses it: so each list is compiled
/// for its type in the module where it stands.
public protocol JSONObject: JSONField {
    /// Its name among the schemas; nil: it is described where it stands.
    static var schemaName: String? { get }

    /// Names every field in the order in which they are written.
    static func list<List: FieldList>(_ fields: inout List) where List.Source == Self

    /// Writes the members alone, into an object that is open.
    func writeMembers(to json: inout JSONWriter)
}

/// What is done with each field of `Source`: it is written, or described.
public protocol FieldList<Source> {
    associatedtype Source

    /// A field that is always there.
    mutating func add<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value)

    /// A field that is left out when there is no value.
    mutating func addIfAny<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value?)

    /// All the fields of another value, among these.
    mutating func include<Value: JSONObject>(_ read: (Source) -> Value)
}

/// What a schema says of a field beyond its type.
public struct FieldNotes {
    public let says: String?
    /// Instead of the type's.
    public let schema: Schema?
    /// JSON text, instead of the type's.
    public let example: String?

    public init(says: String?, schema: Schema?, example: String?) {
        self.says = says
        self.schema = schema
        self.example = example
    }
}

extension FieldList {
    /// - Parameters:
    ///   - says: what the value means, where the name does not tell.
    ///   - schema: instead of the type's.
    ///   - example: JSON text, instead of the type's.
    @inlinable @inline(__always)
    public mutating func field<Value: JSONField>(
        _ name: StaticString, _ says: @autoclosure () -> String? = nil,
        as schema: @autoclosure () -> Schema? = nil, example: @autoclosure () -> String? = nil,
        _ read: (Source) -> Value
    ) {
        add(name, { FieldNotes(says: says(), schema: schema(), example: example()) }, read)
    }

    /// The same of a field that is left out when there is no value.
    @inlinable @inline(__always)
    public mutating func optional<Value: JSONField>(
        _ name: StaticString, _ says: @autoclosure () -> String? = nil,
        as schema: @autoclosure () -> Schema? = nil, example: @autoclosure () -> String? = nil,
        _ read: (Source) -> Value?
    ) {
        addIfAny(name, { FieldNotes(says: says(), schema: schema(), example: example()) }, read)
    }
}

/// Writes the fields of a value.
public struct ObjectWriter<Source>: FieldList {
    public var json: JSONWriter
    public let source: Source

    @inlinable @inline(__always)
    public init(_ source: Source, _ json: consuming JSONWriter) {
        self.source = source
        self.json = json
    }

    @inlinable @inline(__always)
    public mutating func add<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value
    ) {
        json.key(name)
        read(source).write(to: &json)
    }

    @inlinable @inline(__always)
    public mutating func addIfAny<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value?
    ) {
        guard let value = read(source) else { return }
        json.key(name)
        value.write(to: &json)
    }

    @inlinable @inline(__always)
    public mutating func include<Value: JSONObject>(_ read: (Source) -> Value) {
        read(source).writeMembers(to: &json)
    }
}

/// Describes the fields of a type.
public struct ObjectSchema<Source>: FieldList {
    private var schemas: Schemas
    private var properties: [(String, Schema)] = []
    private var required: [String] = []
    private var examples: [String] = []

    private init(_ schemas: Schemas) {
        self.schemas = schemas
    }

    public mutating func add<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value
    ) {
        required.append(name.description)
        describe(name, notes(), Value.self, isShown: true)
    }

    public mutating func addIfAny<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value?
    ) {
        describe(name, notes(), Value.self, isShown: false)
    }

    /// - Parameter isShown: in the example, although there is none of the field's own.
    private mutating func describe<Value: JSONField>(
        _ name: StaticString, _ notes: FieldNotes, _ type: Value.Type, isShown: Bool
    ) {
        let schema = notes.schema ?? Value.schema(&schemas)
        properties.append((name.description, schema.says(notes.says)))
        if isShown || notes.example != nil {
            examples.append("\(name.description.quoted):\(notes.example ?? Value.example)")
        }
    }

    public mutating func include<Value: JSONObject>(_ read: (Source) -> Value) {
        let included = ObjectSchema<Value>.of(&schemas)
        properties += included.properties
        required += included.required
        examples += included.examples
    }

    private static func of(_ schemas: inout Schemas) -> ObjectSchema where Source: JSONObject {
        var list = ObjectSchema(schemas)
        Source.list(&list)
        schemas = list.schemas
        return list
    }

    fileprivate static func schema(_ schemas: inout Schemas) -> Schema where Source: JSONObject {
        let list = of(&schemas)
        return .object(list.properties, required: list.required)
    }

    fileprivate static func example() -> String where Source: JSONObject {
        var schemas = Schemas()
        return "{\(of(&schemas).examples.joined(separator: ","))}"
    }
}

extension JSONObject {
    public static var schemaName: String? { nil }

    @inlinable public func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    @inlinable public func writeMembers(to json: inout JSONWriter) {
        writeListed(to: &json)
    }

    /// What ``writeMembers(to:)`` does. A type of one module that is written in another says so
    /// itself, since it is compiled for the type where the list is.
    @inlinable public func writeListed(to json: inout JSONWriter) {
        var writer = ObjectWriter(self, json.taken())
        Self.list(&writer)
        json = writer.json
    }

    public static func schema(_ schemas: inout Schemas) -> Schema {
        guard let schemaName else { return ObjectSchema<Self>.schema(&schemas) }
        return schemas.reference(schemaName) { ObjectSchema<Self>.schema(&$0) }
    }

    public static var example: String { ObjectSchema<Self>.example() }
}
