/// The form of an address on the internet that others are asked to fetch.
package enum HTTPSAddress {
    /// Why `text` cannot be used; nil when it can: HTTPS, a public host name or address, no user
    /// name, no control characters, at most 2,000 bytes. The host is judged by its form alone.
    package static func problem(with text: String) -> String? {
        guard text.utf8.count <= 2000 else { return "Use an address of at most 2000 characters." }
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F && $0 != "\\" })
        else {
            return "Use a web address without spaces or special characters."
        }
        guard text.lowercased().hasPrefix("https://") else {
            return "Use an address that begins with https://."
        }
        let rest = text.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return "Leave user name and password out." }
        guard let host = host(of: authority) else { return "This is not a web address." }
        guard isPublic(host) else { return "Use an address that is reachable on the internet." }
        return nil
    }

    /// The host in lower case, without port and brackets; nil when it is not well-formed.
    private static func host(of authority: Substring) -> String? {
        var host = authority
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.startIndex...end]
            guard isPort(authority[authority.index(after: end)...]) else { return nil }
            return host.lowercased()
        }
        if let colon = authority.firstIndex(of: ":") {
            guard isPort(authority[colon...]) else { return nil }
            host = authority[..<colon]
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
        return host.lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        guard text.first == ":", let port = UInt16(text.dropFirst()) else { return false }
        return port > 0
    }

    private static func isPublic(_ host: String) -> Bool {
        if host.hasPrefix("[") { return isPublicIPv6(host.dropFirst().dropLast()) }
        var name = Substring(host)
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy(isLabel), let last = labels.last else {
            return false
        }
        // A last label that is a number makes the whole an IPv4 address, in any of the forms that
        // resolvers take (WHATWG URL, "ends in a number"): only plain dotted decimals are judged.
        if last.utf8.allSatisfy({ (48...57).contains($0) }) || last.hasPrefix("0x") {
            let octets = labels.compactMap { label -> UInt8? in
                label.count > 1 && label.hasPrefix("0") ? nil : UInt8(label)
            }
            return labels.count == 4 && octets.count == 4 && isPublicIPv4(octets)
        }
        let privateSuffixes: Set<Substring> = [
            "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private",
            "localdomain", "onion",
        ]
        return !privateSuffixes.contains(last) && !name.hasSuffix("home.arpa")
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
    }

    /// The ranges of the IANA special-purpose registry (RFC 6890) are not public.
    private static func isPublicIPv4(_ octets: [UInt8]) -> Bool {
        switch (octets[0], octets[1], octets[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): false
        case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): false
        case (192, 0, 0), (192, 0, 2), (192, 88, 99): false
        case (198, 18...19, _), (198, 51, 100), (203, 0, 113): false
        // The metadata service of a cloud, at an address that is public otherwise.
        case (168, 63, 129): octets[3] != 16
        default: true
        }
    }

    /// Only global unicast (2000::/3) is public, without the documentation prefixes and without
    /// those that carry an IPv4 address (IANA special-purpose registry).
    private static func isPublicIPv6(_ text: Substring) -> Bool {
        guard let groups = groups(ofIPv6: text) else { return false }
        switch (groups[0], groups[1]) {
        case (0x2001, 0...0x01FF), (0x2001, 0x0DB8), (0x2002, _), (0x3FFF, 0...0x0FFF):
            return false
        case (0x2000...0x3FFF, _): return true
        default: return false
        }
    }

    /// The eight groups of an address in lower case (RFC 4291 2.2); nil when it is none, or when
    /// it ends in dotted decimals, as no public one has to.
    private static func groups(ofIPv6 text: Substring) -> [UInt16]? {
        func parsed(_ part: Substring) -> [UInt16]? {
            var groups: [UInt16] = []
            for digits in part.split(separator: ":", omittingEmptySubsequences: part.isEmpty) {
                guard (1...4).contains(digits.utf8.count),
                    digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
                    let group = UInt16(digits, radix: 16)
                else { return nil }
                groups.append(group)
            }
            return groups
        }
        guard let gap = text.firstRange(of: "::") else {
            return parsed(text).flatMap { $0.count == 8 ? $0 : nil }
        }
        guard let head = parsed(text[..<gap.lowerBound]),
            let tail = parsed(text[gap.upperBound...]), head.count + tail.count < 8
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }
}
