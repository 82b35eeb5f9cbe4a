/// Values as lines of comma-separated text (RFC 4180), by the same list of fields that writes them
/// as JSON objects: the names are the head of the table.
public struct CSVTable {
    public private(set) var bytes: [UInt8] = []

    public init<Line: JSONObject>(_ lines: [Line], of type: Line.Type) {
        var head = FieldNames<Line>()
        Line.list(&head)
        add(head.names.map { [UInt8]($0.utf8) })
        for line in lines {
            var cells = FieldTexts(line)
            Line.list(&cells)
            add(cells.texts.map(Self.cell))
        }
    }

    private mutating func add(_ cells: [[UInt8]]) {
        bytes += cells.joined(separator: [UInt8(ascii: ",")])
        bytes += [13, 10]
    }

    /// A value as a cell: a text without its quotation marks, nothing for null. What a spreadsheet
    /// would take for a formula begins with an apostrophe (OWASP, CSV injection); line ends and tabs
    /// become spaces, so that a line of the file is one of the table.
    private static func cell(_ json: [UInt8]) -> [UInt8] {
        guard let value = try? JSONValue(parsing: json), value != .null else { return [] }
        guard let text = value.string else { return quoted(json) }
        let isFormula = text.unicodeScalars.first.map(formulaSigns.contains) ?? false
        let words = text.utf8.map { "\r\n\t".utf8.contains($0) ? UInt8(ascii: " ") : $0 }
        return quoted((isFormula ? [UInt8(ascii: "'")] : []) + words)
    }

    /// Those that begin a formula, or are skipped before one; the wide ones are read as the narrow.
    private static let formulaSigns = Set(
        "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars)

    private static func quoted(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { ",\"".utf8.contains($0) }) else { return text }
        let mark = UInt8(ascii: "\"")
        return [mark] + text.flatMap { $0 == mark ? [mark, mark] : [$0] } + [mark]
    }
}

/// The names of the fields of `Source`.
private struct FieldNames<Source>: FieldList {
    private(set) var names: [String] = []

    mutating func add<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value
    ) {
        names.append(name.description)
    }

    mutating func addIfAny<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value?
    ) {
        names.append(name.description)
    }

    mutating func include<Value: JSONObject>(_ read: (Source) -> Value) {
        var included = FieldNames<Value>()
        Value.list(&included)
        names += included.names
    }
}

/// The values of the fields of `source`, each as JSON text; one that is left out is null.
private struct FieldTexts<Source>: FieldList {
    private(set) var texts: [[UInt8]] = []
    private let source: Source

    init(_ source: Source) {
        self.source = source
    }

    mutating func add<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value
    ) {
        var json = JSONWriter(capacity: 32)
        read(source).write(to: &json)
        texts.append(json.bytes)
    }

    mutating func addIfAny<Value: JSONField>(
        _ name: StaticString, _ notes: () -> FieldNotes, _ read: (Source) -> Value?
    ) {
        add(name, notes, read)
    }

    mutating func include<Value: JSONObject>(_ read: (Source) -> Value) {
        var included = FieldTexts<Value>(read(source))
        Value.list(&included)
        texts += included.texts
    }
}
