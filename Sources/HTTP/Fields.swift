/// The values of fields that have a grammar of their own.

/// A media type (RFC 9110 8.3.1).
package struct MediaType: Equatable, Sendable {
    /// Type and subtype, in lower case: `application/json`.
    package let name: String

    /// Nil for what is none. Its parameters have to be well formed; they decide nothing.
    package init?(_ value: String) {
        let parts = value.bytes.trimmed.parts(at: ";")
        guard let (type, subtype) = parts[0].trimmedRight.halves(at: "/"), type.isToken,
            subtype.isToken, parts.dropFirst().allSatisfy({ Self.isParameter($0.trimmed) })
        else { return nil }
        name = String(decoding: parts[0].trimmedRight.map(\.inLowerCase), as: UTF8.self)
    }

    /// `name=token` or `name="text"`; nothing at all stands between two semicolons too.
    private static func isParameter(_ text: Bytes) -> Bool {
        guard !text.isEmpty else { return true }
        guard let (name, value) = text.halves(at: "="), name.isToken else { return false }
        if value.first == UInt8(ascii: "\"") {
            return value.count >= 2 && value.last == UInt8(ascii: "\"")
        }
        return value.isToken
    }
}

/// The validator of an answer (RFC 9110 8.8.3).
package enum EntityTag {
    /// Whether an `If-None-Match` names `tag`, which stands in its quotes: by the weak comparison,
    /// as nginx weakens the tag of an answer that it compresses. What is no list names none.
    package static func isNamed(_ tag: String, in value: String) -> Bool {
        var rest = value.bytes.trimmed
        if rest.equals("*") { return true }
        var isFound = false
        while !rest.isEmpty {
            if rest.starts(with: "W/") { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\"") else { return false }
            guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else {
                return false
            }
            if rest[...end].equals(tag) { isFound = true }
            rest = rest[rest.index(after: end)...].trimmed
            guard !rest.isEmpty else { break }
            guard rest.first == UInt8(ascii: ",") else { return false }
            rest = rest.dropFirst().trimmed
        }
        return isFound
    }
}

extension Bytes {
    fileprivate var trimmedRight: Bytes {
        var rest = self
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }
}

/// The `Cookie` field (RFC 6265 4.2).
package enum Cookies {
    /// The value of the cookie of this name; nil when there is none, or more than one.
    package static func value(of name: String, in field: String) -> String? {
        var found: Bytes?
        for pair in field.bytes.parts(at: ";") {
            guard let (key, value) = pair.trimmed.halves(at: "="), key.equals(name) else {
                continue
            }
            guard found == nil else { return nil }
            found = value
        }
        return found?.text
    }
}

/// The `Authorization` field (RFC 9110 11.4).
package enum Authorization {
    /// What follows the scheme, which is given in lower case; nil when the scheme is another.
    package static func credentials(of scheme: String, in field: String) -> String? {
        let value = field.bytes.trimmed
        guard let (name, rest) = value.halves(at: " ") else {
            return value.equals(ignoringCase: scheme) ? "" : nil
        }
        return name.equals(ignoringCase: scheme) ? rest.trimmed.text : nil
    }
}
