/// Text of a protocol, read as the bytes that it is.
///
/// A `Character` is what a person sees. It takes in the marks that follow a separator, and it is
/// equal to look-alikes (U+037E to a semicolon, U+212A to a K): a sender could hide a field from
/// us, or show us one that nobody else reads.
package typealias Bytes = Substring.UTF8View

extension String {
    /// The bytes of the text, to be parsed.
    package var bytes: Bytes { self[...].utf8 }

    /// Whether both are the same bytes. `==` holds for texts that only look alike.
    package func isSame(as other: String) -> Bool { bytes.isSame(as: other.bytes) }

    /// An address that paths are put behind: with a slash at its end or without, it is the same.
    package var withoutLastSlash: String {
        utf8.last == UInt8(ascii: "/") ? String(dropLast()) : self
    }
}

extension Bytes {
    package var text: String { String(Substring(self)) }

    /// Whether these are the bytes of `text`.
    package func equals(_ text: String) -> Bool { isSame(as: text.bytes) }

    /// Whether both are the same bytes. By index, which is a tenth of what `elementsEqual` costs.
    package func isSame(as other: Bytes) -> Bool {
        let mine = span
        let others = other.span
        guard mine.count == others.count else { return false }
        for index in mine.indices where mine[index] != others[index] { return false }
        return true
    }

    /// The same, with ASCII letters of either case. `text` is in lower case.
    package func equals(ignoringCase text: String) -> Bool {
        elementsEqual(text.utf8) { $0.inLowerCase == $1 }
    }

    package func starts(with text: String) -> Bool { starts(with: text.utf8) }

    /// Whether `text`, which is in lower case, stands anywhere in these, in letters of either case.
    package func contains(ignoringCase text: String) -> Bool {
        indices.contains { index in
            self[index...].starts(with: text.utf8) { $0.inLowerCase == $1 }
        }
    }

    /// What stands between the separators, empty parts too.
    package func parts(at separator: Unicode.Scalar) -> [Bytes] {
        let wanted = UInt8(ascii: separator)
        var parts: [Bytes] = []
        var start = startIndex
        while let end = self[start...].firstIndex(of: wanted) {
            parts.append(self[start..<end])
            start = index(after: end)
        }
        parts.append(self[start...])
        return parts
    }

    /// What stands before and after the first separator; nil when there is none.
    package func halves(at separator: Unicode.Scalar) -> (before: Bytes, after: Bytes)? {
        guard let index = firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (self[..<index], self[self.index(after: index)...])
    }

    /// Without spaces and tabs at both ends (RFC 9110 5.6.3, OWS).
    package var trimmed: Bytes {
        var rest = self
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }

    /// The number that ASCII digits write; nil for anything else, also for a sign, and for one that
    /// does not fit.
    package var decimal: Int? {
        isDigits ? Int(Substring(self)) : nil
    }

    package var isDigits: Bool { !isEmpty && allSatisfy { (0x30...0x39).contains($0) } }

    /// Whether this is a token of HTTP (RFC 9110 5.6.2).
    package var isToken: Bool { !isEmpty && allSatisfy(\.isTokenByte) }
}

extension UInt8 {
    /// An ASCII letter in lower case; anything else as it is.
    package var inLowerCase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// An ASCII letter in upper case; anything else as it is.
    package var inUpperCase: UInt8 { (0x61...0x7A).contains(self) ? self & 0xDF : self }

    fileprivate var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
