/// HTML that is written element by element. What people have written comes in as text or as the value
/// of an attribute, and is escaped there; names of elements and attributes are our own, so that
/// nothing from outside can be markup.
package struct HTMLWriter {
    package private(set) var html = "<!doctype html>"

    package init() {}

    package typealias Attributes = KeyValuePairs<StaticString, String?>

    /// An element with what `content` writes in it. An attribute without a value is left out.
    package mutating func element(
        _ name: StaticString, _ attributes: Attributes = [:],
        _ content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        content(&self)
        html += "</\(name)>"
    }

    /// An element with words in it.
    package mutating func element(
        _ name: StaticString, _ attributes: Attributes, _ words: String
    ) {
        element(name, attributes) { $0.text(words) }
    }

    package mutating func element(_ name: StaticString, _ words: String) {
        element(name, [:], words)
    }

    /// An element that has no content and no end: `meta`, `link`, `img`.
    package mutating func void(_ name: StaticString, _ attributes: Attributes) {
        open(name, attributes)
    }

    package mutating func text(_ words: String) { html += Self.escaped(words) }

    private mutating func open(_ name: StaticString, _ attributes: Attributes) {
        html += "<\(name)"
        for (name, value) in attributes {
            if let value { html += " \(name)=\"\(Self.escaped(value))\"" }
        }
        html += ">"
    }

    /// Text as it stands in a page: an element's words, or an attribute's value between double quotes.
    /// By bytes: a mark behind a bracket makes another character of the two.
    package static func escaped(_ words: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.utf8.count)
        for byte in words.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
