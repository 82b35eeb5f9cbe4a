import Domain

/// Judges secrets by what they look like: a guess of how many tries it takes to find one.
enum Secrets {
    /// Whether somebody could find it: less than `bits` of surprise in it, a pattern, or words that
    /// stand in every example.
    static func isWeak(_ text: String, bits: Int) -> Bool {
        let bytes = Array(text.utf8)
        let lower = text.lowercased()
        return surprise(of: bytes) < bits || isPattern(bytes)
            || placeholders.contains { lower.contains($0) }
    }

    private static let placeholders = [
        "changeme", "change-me", "change_me", "password", "secret", "example", "placeholder",
        "replace", "your-", "your_",
    ]

    /// The bytes' entropy by how often each comes, in whole bits: 128 random bits in base64 or in
    /// hexadecimal have a hundred and more, whatever the letters.
    static func surprise(of bytes: [UInt8]) -> Int {
        var counts: [UInt8: Int] = [:]
        for byte in bytes { counts[byte, default: 0] += 1 }
        // Sums n·log2(N/n) in 1/1024 bits, by whole numbers.
        let sum = counts.values.reduce(0) { $0 + $1 * (log2(bytes.count) - log2($1)) }
        return sum / 1024
    }

    /// 1024 times the logarithm of a number from 1, at most one too small.
    private static func log2(_ number: Int) -> Int {
        let whole = Int.bitWidth - 1 - number.leadingZeroBitCount
        // Squares the rest ten times: each doubling of it is one more binary digit.
        var rest = (UInt64(number) << 30) >> UInt64(whole)
        var result = whole
        for _ in 0..<10 {
            rest = rest * rest >> 30
            result <<= 1
            if rest >= 2 << 30 {
                rest >>= 1
                result |= 1
            }
        }
        return result
    }

    /// Whether most bytes follow from those before: the same again (`abcabcabc`), or a step further
    /// (`0123456789`).
    private static func isPattern(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 1 else { return true }
        let isPeriodic = (1...max(1, bytes.count / 2)).contains { period in
            let repeats = bytes.indices.dropFirst(period).count { bytes[$0] == bytes[$0 - period] }
            return repeats * 4 > (bytes.count - period) * 3
        }
        let steps = zip(bytes, bytes.dropFirst()).map { Int($1) - Int($0) }
        let runs = [-1, 0, 1].contains { step in steps.count { $0 == step } * 2 > steps.count }
        return isPeriodic || runs
    }
}
