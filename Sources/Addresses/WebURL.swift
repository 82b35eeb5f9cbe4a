// Addresses: hosts, origins and web addresses, each read once into one canonical form that is then
// judged, kept and used. Knows what is public and what is our own network; connects to nothing.
// Whatever reads an address from outside reads it by these types.

/// An absolute address of HTTP or HTTPS, in the one form that it is judged, kept and fetched in.
///
/// Scheme and host in lower case, the scheme's own port and a dot behind the host left out, no
/// user, no dots among the segments of the path, no fragment (nothing is sent of it), and nothing
/// that RFC 3986 does not let stand in a URL: two readers cannot take it for two addresses.
package struct WebURL: Hashable, Sendable, CustomStringConvertible {
    /// For what people write; a vendor's signed link may have four times as much.
    package static let maxBytes = 2000

    package let origin: Origin
    /// Path and query; begins with a slash.
    package let target: String

    package var text: String { origin.text + target }
    package var description: String { text }

    /// Reads what somebody wrote down: no space, no control character, no backslash, ASCII alone.
    package init(_ text: String) throws(AddressProblem) {
        try self.init(Array(text.utf8), maxBytes: Self.maxBytes) { $0 > 0x20 && $0 < 0x7F }
    }

    /// Reads a link as a machine sent it: white space around it is dropped; a space and letters
    /// beyond ASCII in path and query are encoded. Nil for what cannot be fetched.
    package init?(link: String) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = Array(link.utf8).drop(while: isSpace)
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? bytes.startIndex
        do throws(AddressProblem) {
            try self.init(
                Array(bytes[..<end]), maxBytes: 4 * Self.maxBytes, isTaken: Self.isLinkByte)
        } catch {
            return nil
        }
    }

    private static func isLinkByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F }

    /// Where a redirect of this address leads (RFC 3986 5.2), as its answer's `Location` says. Nil
    /// for what cannot be fetched.
    package func following(_ reference: String) -> WebURL? {
        let bytes = Array(reference.utf8)
        let scheme = bytes.prefix { $0 != Byte.colon }
        let hasScheme =
            scheme.count < bytes.count && scheme.first.map(Byte.isLetter) == true
            && scheme.allSatisfy {
                Byte.isLetter($0) || Byte.isDigit($0) || [0x2B, 0x2D, 0x2E].contains($0)
            }
        if hasScheme { return WebURL(link: reference) }
        let path = target.utf8.prefix { $0 != Byte.question }
        let base: String
        if bytes.starts(with: [Byte.slash, Byte.slash]) {
            base = "\(origin.scheme.rawValue):"
        } else if bytes.first == Byte.slash {
            base = origin.text
        } else if bytes.isEmpty || bytes.first == Byte.hash {
            base = text
        } else if bytes.first == Byte.question {
            base = origin.text + String(decoding: path, as: UTF8.self)
        } else {
            let slash = path.lastIndex(of: Byte.slash) ?? path.startIndex
            base = origin.text + String(decoding: path[...slash], as: UTF8.self)
        }
        return WebURL(link: base + reference)
    }

    private init(
        _ bytes: [UInt8], maxBytes: Int, isTaken: (UInt8) -> Bool
    ) throws(AddressProblem) {
        guard bytes.count <= maxBytes else { throw .tooLong }
        // Some read a backslash as a slash, some as a part of the host.
        guard bytes.allSatisfy({ isTaken($0) && $0 != UInt8(ascii: "\\") }) else {
            throw .characters
        }
        guard let scheme = Self.scheme(of: bytes) else { throw .noScheme }
        let rest = bytes.dropFirst(scheme.rawValue.utf8.count + 3)
        let authority = rest.prefix { ![Byte.slash, Byte.question, Byte.hash].contains($0) }
        let origin = try Origin(scheme, authority: authority)
        let target = rest[authority.endIndex...].prefix { $0 != Byte.hash }
        let path = target.prefix { $0 != Byte.question }
        let query = target[path.endIndex...]
        let written = Self.withoutDots(path) + query.flatMap(Self.encoded)
        guard origin.text.utf8.count + written.count <= maxBytes else { throw .tooLong }
        self.origin = origin
        self.target = String(decoding: written, as: UTF8.self)
    }

    private static func scheme(of bytes: [UInt8]) -> Origin.Scheme? {
        [Origin.Scheme.http, .https].first { scheme in
            let start = Array("\(scheme.rawValue)://".utf8)
            return bytes.prefix(start.count).map(Byte.lowered) == start
        }
    }

    /// The path with `.` and `..` followed (RFC 3986 5.2.4), also where they are encoded.
    private static func withoutDots(_ path: ArraySlice<UInt8>) -> [UInt8] {
        guard !path.isEmpty else { return [Byte.slash] }
        var segments: [[UInt8]] = []
        let given = path.dropFirst().split(
            separator: Byte.slash, omittingEmptySubsequences: false)
        for (index, segment) in given.enumerated() {
            let isLast = index == given.count - 1
            switch dots(in: segment) {
            case 1: if isLast { segments.append([]) }
            case 2:
                _ = segments.popLast()
                if isLast { segments.append([]) }
            default: segments.append(segment.flatMap(encoded))
            }
        }
        return segments.flatMap { [Byte.slash] + $0 }
    }

    /// How many dots, plain or encoded, a segment is made of; nil when it has anything else.
    private static func dots(in segment: ArraySlice<UInt8>) -> Int? {
        var count = 0
        var rest = segment
        while let first = rest.first {
            if first == Byte.dot {
                rest = rest.dropFirst()
            } else if rest.prefix(3).map(Byte.lowered) == Array("%2e".utf8) {
                rest = rest.dropFirst(3)
            } else {
                return nil
            }
            count += 1
        }
        return count
    }

    private static let unwritable: Set<UInt8> = Set("\"<>^`{|}".utf8)

    private static func encoded(_ byte: UInt8) -> [UInt8] {
        guard byte <= 0x20 || byte >= 0x7F || unwritable.contains(byte) else { return [byte] }
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
    }
}

extension WebURL {
    /// Reads an address that others are asked to fetch, or to be sent to: HTTPS and a public host,
    /// judged by its form; or at one of the origins excepted, which may be anywhere.
    package init(public text: String, except exceptions: [Origin] = []) throws(AddressProblem) {
        let url: WebURL
        do throws(AddressProblem) {
            url = try WebURL(text)
        } catch {
            throw error == .noScheme ? .notHTTPS : error
        }
        if !exceptions.contains(url.origin) {
            guard url.origin.scheme == .https else { throw .notHTTPS }
            guard url.origin.host.isPublic else { throw .notPublic }
        }
        self = url
    }

    /// Reads the address that the paths of an API follow, and gives it without a slash at its end.
    package static func base(_ text: String) throws(AddressProblem) -> String {
        let url = try WebURL(text)
        guard !text.utf8.contains(Byte.question), !text.utf8.contains(Byte.hash) else {
            throw .notABase
        }
        return url.text.utf8.last == Byte.slash ? String(url.text.dropLast()) : url.text
    }
}
