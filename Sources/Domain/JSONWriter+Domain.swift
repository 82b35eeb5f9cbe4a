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

extension LotSource: JSONWord {}
extension TransactionType: JSONWord {}

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

    /// Reads what ``iso8601`` writes, without fractions too, or a day alone, in the years 1000 to
    /// 9999, which the database can compare with.
    package init?(iso8601 text: String) {
        let whole = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // The parser knows other digits too.
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let time = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        guard time.utf8.count >= 20 else { return nil }
        // It takes 30 February for 2 March.
        let civil = String(decoding: Array(time.utf8)[..<19], as: UTF8.self) + "Z"
        guard let date = (try? whole.parse(time)) ?? (try? fractional.parse(time)),
            (try? whole.parse(civil))?.formatted(whole).utf8.elementsEqual(civil.utf8) == true,
            // In seconds since 1970; the last day is left to spans and roundings.
            (-30_610_224_000..<253_402_214_400).contains(date.timeIntervalSince1970)
        else { return nil }
        self = date
    }
}
