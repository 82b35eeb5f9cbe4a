import ArgumentParser
import HTTP
import HTTPTypes
import JSON

/// What the console's API has answered, for people: lists as tables, and one thing as lines.
struct ConsoleAnswer {
    let status: Int
    private let bytes: [UInt8]

    init(_ response: Response) {
        status = response.status.code
        bytes = response.body
    }

    /// Whether what was asked for is done, or is being done.
    var isGood: Bool { (200...299).contains(status) }

    /// As the API has it; an answer of nothing is an empty object.
    var json: String { bytes.isEmpty ? "{}" : String(decoding: bytes, as: UTF8.self) }

    /// - Parameter columns: of a list.
    func text(_ columns: [String]) -> String {
        guard !bytes.isEmpty else { return "Done." }
        guard let value = try? JSONValue(parsing: bytes) else { return json }
        if let items = value["items"]?.array {
            let more = value["nextCursor"]?.string.map { "\nMore: --cursor \($0)" } ?? ""
            return items.isEmpty ? "There is none." : Self.table(items, columns) + more
        }
        return Self.lines(of: value)
    }

    /// Why it is refused, with all that is wrong.
    var refusal: String {
        let error = (try? JSONValue(parsing: bytes))?["error"]
        let details = error?["details"]?.array ?? []
        let problems = details.compactMap { detail in
            detail["message"]?.string.map { "\(detail["field"]?.string ?? ""): \($0)" }
        }
        let message = error?["message"]?.string ?? "the answer was \(status)"
        return Self.visible(([message] + problems).joined(separator: " "))
    }

    private static func lines(of value: JSONValue) -> String {
        let members = (value.object ?? [:]).sorted { $0.key < $1.key }
        let plain = members.filter { $0.value.array == nil }
        let width = plain.map(\.key.count).max() ?? 0
        let lines = plain.map { name, value in "\(padded(name, width))  \(cell(value))" }
        let lists = members.compactMap { name, value -> String? in
            guard let items = value.array, !items.isEmpty else { return nil }
            let names = Set(items.flatMap { $0.object?.keys.map { $0 } ?? [] }).sorted()
            guard !names.isEmpty else {
                return "\(name)  \(items.map(cell).joined(separator: ", "))"
            }
            return "\n\(name)\n\(table(items, names))"
        }
        return (lines + lists).joined(separator: "\n")
    }

    private static func table(_ items: [JSONValue], _ columns: [String]) -> String {
        let rows = [columns] + items.map { item in columns.map { cell(item[$0] ?? .null) } }
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { padded($0, $1) }
            return cells.joined(separator: "  ").trimmingEnd()
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .bool(let flag): flag ? "yes" : "no"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): visible(text)
        case .array(let items): items.map(cell).joined(separator: ", ")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key) \(cell($0.value))" }
                .joined(separator: " ")
        }
    }

    /// What people have written must not move the cursor of a terminal, or colour it.
    private static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isHidden =
                        scalar.properties.generalCategory == .control
                        || scalar.properties.generalCategory == .format
                    return isHidden ? "\u{FFFD}" : scalar
                }))
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        var text = Substring(self)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
