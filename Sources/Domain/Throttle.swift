/// How something that can be guessed or misused is slowed: the first tries are free, then each has
/// to wait twice as long as the one before, and with time the tries are forgotten one by one.
package struct Throttle: Equatable, Sendable {
    /// The try after this many has to wait.
    package let free: Int
    package let firstWait: Duration
    package let longestWait: Duration
    /// One try is forgotten in each of these spans without a try.
    package let forgetsAfter: Duration

    package init(free: Int, firstWait: Duration, longestWait: Duration, forgetsAfter: Duration) {
        self.free = free
        self.firstWait = firstWait
        self.longestWait = longestWait
        self.forgetsAfter = forgetsAfter
    }

    /// How many of `tries` still count when the last of them was `age` ago.
    package func remaining(_ tries: Int, age: Duration) -> Int {
        let spans = max(0, age.components.seconds) / max(1, forgetsAfter.components.seconds)
        return max(0, tries - Int(min(spans, Int64(tries))))
    }

    /// How long the next one has to wait after so many.
    package func wait(after tries: Int) -> Duration {
        guard tries >= free else { return .zero }
        let doublings = min(tries - free, 20)
        return min(longestWait, firstWait * (1 << doublings))
    }
}

extension Throttle {
    /// Wrong passwords for one account, from wherever: after a while, four in an hour.
    package static let account = Throttle(
        free: 5, firstWait: .seconds(15), longestWait: .seconds(900), forgetsAfter: .seconds(1800))

    /// Wrong passwords from one network. Many people may be behind one address, so the waits are
    /// short to begin with and soon forgotten.
    package static let network = Throttle(
        free: 5, firstWait: .seconds(1), longestWait: .seconds(600), forgetsAfter: .seconds(120))

    /// Wrong passwords from a device that has signed in to the account before, or by somebody who
    /// is signed in: nobody else's tries make it wait.
    package static let device = Throttle(
        free: 5, firstWait: .seconds(15), longestWait: .seconds(900), forgetsAfter: .seconds(900))

    /// Mails that somebody asks for, to one address.
    package static let mails = Throttle(
        free: 5, firstWait: .seconds(300), longestWait: .seconds(3600),
        forgetsAfter: .seconds(1800))

    /// Mails asked for, and addresses asked about, from one network.
    package static let strangers = Throttle(
        free: 20, firstWait: .seconds(30), longestWait: .seconds(3600), forgetsAfter: .seconds(180))
}

/// Something was tried too often. Nothing was done.
package struct TooManyTries: Error, Equatable {
    /// So many are free, in so many seconds.
    package let limit: Int
    package let windowSeconds: Int
    package let retryAfterSeconds: Int

    package init(_ throttle: Throttle, retryAfterSeconds: Int) {
        limit = throttle.free
        windowSeconds = throttle.free * Int(throttle.forgetsAfter.components.seconds)
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// The part of an address that one subscriber has: an IPv4 address, the /64 of an IPv6 one (RFC 6177).
/// What is neither stands for itself.
package enum ClientNetwork {
    package static func of(_ address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")), let words = words(of: address) else {
            return address
        }
        // An IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
        if words[0..<5].allSatisfy({ $0 == 0 }), words[5] == 0xFFFF {
            return [words[6] >> 8, words[6] & 0xFF, words[7] >> 8, words[7] & 0xFF]
                .map { String($0) }.joined(separator: ".")
        }
        return words[0..<4].map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// The eight words of an IPv6 address (RFC 4291, 2.2).
    private static func words(of address: String) -> [UInt16]? {
        var text = address
        if let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
            guard let colon = text[..<dot].utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
            let bytes = text[text.index(after: colon)...].split(
                separator: ".", omittingEmptySubsequences: false
            ).map { UInt8($0) }
            guard bytes.count == 4, let a = bytes[0], let b = bytes[1], let c = bytes[2],
                let d = bytes[3]
            else { return nil }
            let high = String(UInt16(a) << 8 | UInt16(b), radix: 16)
            let low = String(UInt16(c) << 8 | UInt16(d), radix: 16)
            text = "\(text[...colon])\(high):\(low)"
        }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        func read(_ half: Substring) -> [UInt16]? {
            guard !half.isEmpty else { return [] }
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            let words = parts.compactMap { $0.utf8.count <= 4 ? UInt16($0, radix: 16) : nil }
            return words.count == parts.count ? words : nil
        }
        guard let first = read(halves[0]) else { return nil }
        guard halves.count == 2 else { return first.count == 8 ? first : nil }
        guard let last = read(halves[1]), first.count + last.count < 8 else { return nil }
        return first + Array(repeating: 0, count: 8 - first.count - last.count) + last
    }
}
