package import FoundationEssentials
package import JSON

extension JSONWriter {
    package mutating func member(_ name: StaticString, _ value: Money) {
        key(name)
        literal(value.json)
    }

    package mutating func member<Kind>(_ name: StaticString, _ value: ID<Kind>) {
        key(name)
        string(value.description)
    }

    package mutating func member(_ name: StaticString, _ value: Date?) {
        key(name)
        if let value { string(value.iso8601) } else { null() }
    }
}

extension Date {
    /// ISO 8601 in UTC with milliseconds: `2026-11-22T10:00:00.123Z`.
    package var iso8601: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
