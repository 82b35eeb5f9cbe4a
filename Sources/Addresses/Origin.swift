/// Scheme, host and port: who is spoken to. Two that are equal are the same, however they were
/// written.
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        var defaultPort: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package let scheme: Scheme
    package let host: Host
    package let port: UInt16
    /// `https://shop.example`, `http://[::1]:8080`: in lower case, the scheme's own port left out.
    package let text: String

    package var description: String { text }

    /// Reads `https://shop.example`, with or without a slash at its end; nothing may follow.
    package init(_ text: String) throws(AddressProblem) {
        let url = try WebURL(text)
        guard url.target == "/", !text.utf8.contains(Byte.question), !text.utf8.contains(Byte.hash)
        else { throw .notAnOrigin }
        self = url.origin
    }

    /// - Parameter authority: `shop.example:8443`, `[::1]`, in any spelling.
    init(_ scheme: Scheme, authority: ArraySlice<UInt8>) throws(AddressProblem) {
        let (host, port) = try Authority.parse(authority)
        let usedPort = port ?? scheme.defaultPort
        let suffix = usedPort == scheme.defaultPort ? "" : ":\(usedPort)"
        self.scheme = scheme
        self.host = host
        self.port = usedPort
        text = "\(scheme.rawValue)://\(host.text)\(suffix)"
    }
}

/// A host and perhaps a port, as they stand in a URL of any scheme.
package enum Authority {
    package static func parse(
        _ text: some Collection<UInt8>
    ) throws(AddressProblem) -> (host: Host, port: UInt16?) {
        let bytes = Array(text)
        guard !bytes.contains(UInt8(ascii: "@")) else { throw .user }
        var hostEnd = bytes.endIndex
        var port: UInt16?
        // The colons of an IPv6 address stand before its bracket.
        let bracket = bytes.lastIndex(of: UInt8(ascii: "]")) ?? bytes.startIndex
        if let colon = bytes[bracket...].firstIndex(of: Byte.colon) {
            let digits = bytes[(colon + 1)...]
            // "Host:" means the scheme's own port (RFC 3986 3.2.3).
            if !digits.isEmpty {
                guard digits.count <= 5, digits.allSatisfy(Byte.isDigit),
                    let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0
                else { throw .port }
                port = number
            }
            hostEnd = colon
        }
        guard let host = Host(bytes[..<hostEnd]) else { throw .host }
        return (host, port)
    }
}
