import Addresses

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

    /// Pictures that an account sends: thirty at once, then six in a minute.
    package static let pictures = Throttle(
        free: 30, firstWait: .seconds(5), longestWait: .seconds(60), forgetsAfter: .seconds(10))

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
        switch IPAddress(address.utf8) {
        case nil: return address
        case .v4(let octets): return IPAddress.v4(octets).text
        case .v6(let octets):
            // An IPv4 address as IPv6 writes it (RFC 4291, 2.5.5.2).
            if octets.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
                return IPAddress.v4(Array(octets[12...])).text
            }
            let network = octets[..<8] + Array(repeating: 0, count: 8)
            return IPAddress.v6(Array(network)).text + "/64"
        }
    }
}
