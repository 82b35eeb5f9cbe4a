/// What a member of an answer may hold: how it is written, and the schema of all that are written
/// so.
public protocol JSONField: SendableMetatype {
    func write(to json: inout JSONWriter)

    static func schema(_ schemas: inout Schemas) -> Schema

    /// As JSON text: shown where a field gives no example of its own.
    static var example: String { get }
}

extension String: JSONField {
    @inlinable public func write(to json: inout JSONWriter) { json.string(self) }
    public static func schema(_ schemas: inout Schemas) -> Schema { .type("string") }
    public static var example: String { "text".quoted }
}

extension Int: JSONField {
    @inlinable public func write(to json: inout JSONWriter) { json.integer(self) }
    public static func schema(_ schemas: inout Schemas) -> Schema { .type("integer") }
    public static var example: String { "1" }
}

extension Bool: JSONField {
    @inlinable public func write(to json: inout JSONWriter) { json.bool(self) }
    public static func schema(_ schemas: inout Schemas) -> Schema { .type("boolean") }
    public static var example: String { "false" }
}

extension Optional: JSONField where Wrapped: JSONField {
    @inlinable public func write(to json: inout JSONWriter) {
        if let self { self.write(to: &json) } else { json.null() }
    }

    public static func schema(_ schemas: inout Schemas) -> Schema {
        Wrapped.schema(&schemas).orNull
    }

    public static var example: String { "null" }
}

extension Array: JSONField where Element: JSONField {
    @inlinable public func write(to json: inout JSONWriter) {
        json.beginArray()
        for element in self { element.write(to: &json) }
        json.endArray()
    }

    public static func schema(_ schemas: inout Schemas) -> Schema {
        .array(of: Element.schema(&schemas))
    }

    public static var example: String { "[\(Element.example)]" }
}

/// One of a few words.
public protocol JSONWord: JSONField, RawRepresentable<String>, CaseIterable {}

extension JSONWord {
    @inlinable public func write(to json: inout JSONWriter) { json.string(rawValue) }

    public static func schema(_ schemas: inout Schemas) -> Schema {
        .words(allCases.map(\.rawValue))
    }

    public static var example: String { allCases.first?.rawValue.quoted ?? "null" }
}
