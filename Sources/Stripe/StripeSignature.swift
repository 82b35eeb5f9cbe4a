package import FoundationEssentials
import Sodium

/// The signature of a webhook (stripe-api.md, section 6).
package enum StripeSignature {
    /// How far its time may lie from ours, either way.
    package static let toleranceSeconds: Int64 = 300

    /// Whether Stripe signed this very body, lately.
    ///
    /// Signed are the bytes of the timestamp, `.`, body, under the whole secret as text.
    ///
    /// - Parameters:
    ///   - header: every `Stripe-Signature` that was sent; refused unless it is one.
    ///   - body: as it came, before any parsing.
    ///   - secrets: those of the endpoint that are valid now: two while one is being rolled.
    ///     Empty ones are skipped, so that none configured refuses everything.
    package static func verify(
        header: [String], body: [UInt8], secrets: [String], now: Date
    ) -> Bool {
        guard header.count == 1, let signed = Signed(header[0]) else { return false }
        let age = Int64(now.timeIntervalSince1970) - signed.seconds
        guard (-toleranceSeconds...toleranceSeconds).contains(age) else { return false }
        var isGenuine = false
        for secret in secrets where !secret.isEmpty {
            let code = HMACSHA256(key: Array(secret.utf8))
                .code(for: Array("\(signed.timestamp).".utf8), body)
            let expected = Array(Hex.encode(code).utf8)
            // No early exit: how many were compared says nothing.
            for candidate in signed.candidates where constantTimeEquals(candidate, expected) {
                isGenuine = true
            }
        }
        return isGenuine
    }

    /// The parts of the header that count: `t` and every `v1`. Other schemes are ignored.
    private struct Signed {
        /// As it was sent, which is what was signed.
        let timestamp: Substring
        let seconds: Int64
        let candidates: [[UInt8]]

        init?(_ header: String) {
            var timestamps: [Substring] = []
            var candidates: [[UInt8]] = []
            for part in header.split(separator: ",") {
                let pair = part.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2 else { continue }
                switch pair[0] {
                case "t": timestamps.append(pair[1])
                case "v1": candidates.append(Array(pair[1].utf8))
                default: continue
                }
            }
            // Twelve digits reach the year 33658; two times would leave open which one counts.
            guard timestamps.count == 1, let timestamp = timestamps.first,
                (1...12).contains(timestamp.utf8.count),
                timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let seconds = Int64(timestamp), !candidates.isEmpty
            else { return nil }
            self.timestamp = timestamp
            self.seconds = seconds
            self.candidates = candidates
        }
    }
}
