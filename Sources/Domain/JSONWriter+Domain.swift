public import FoundationEssentials
public import JSON

extension Money: JSONField {
    package func write(to json: inout JSONWriter) { json.literal(self.json) }

    package static func schema(_ schemas: inout Schemas) -> Schema {
        .type("number").says("US dollars, exact.")
    }

    package static var example: String { "1.86" }
}

extension ID: JSONField {
    package func write(to json: inout JSONWriter) { json.string(description) }

    package static func schema(_ schemas: inout Schemas) -> Schema { .text(format: "uuid") }

    package static var example: String { "019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7".quoted }
}

extension Date: JSONField {
    public func write(to json: inout JSONWriter) { json.string(iso8601) }

    public static func schema(_ schemas: inout Schemas) -> Schema { .text(format: "date-time") }

    public static var example: String { "2026-11-22T10:00:00.123Z".quoted }
}

extension JSONWriter {
    package mutating func member(_ name: StaticString, _ value: Money) {
        key(name)
        value.write(to: &self)
    }

    package mutating func member(_ name: StaticString, _ value: Date?) {
        key(name)
        value.write(to: &self)
    }
}

extension Date {
    /// ISO 8601 in UTC with milliseconds: `2026-11-22T10:00:00.123Z`.
    package var iso8601: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
