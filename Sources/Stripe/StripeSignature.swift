package import FoundationEssentials
import HTTP
import Sodium

/// The signature of a webhook.
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
                .code(for: Array(signed.timestamp) + [UInt8(ascii: ".")], body)
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
        let timestamp: Bytes
        let seconds: Int64
        let candidates: [[UInt8]]

        init?(_ header: String) {
            let pairs = header.bytes.parts(at: ",").compactMap { $0.halves(at: "=") }
            let timestamps = pairs.filter { $0.before.equals("t") }.map(\.after)
            let candidates = pairs.filter { $0.before.equals("v1") }.map { Array($0.after) }
            // Twelve digits reach the year 33658; two times would leave open which one counts.
            guard timestamps.count == 1, let timestamp = timestamps.first,
                (1...12).contains(timestamp.count), let seconds = timestamp.decimal,
                !candidates.isEmpty
            else { return nil }
            self.timestamp = timestamp
            self.seconds = Int64(seconds)
            self.candidates = candidates
        }
    }
}
