/// SHA-1 (FIPS 180-4) and HMAC-SHA-1 (RFC 2104), for the codes of authenticators alone: RFC 6238 and
/// the authenticators that people have take no other, and libsodium has none. A code needs of it what
/// still holds: that nobody can compute it without the key.
enum SHA1 {
    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for block in blocks(of: bytes) { state = compress(state, block) }
        return state.flatMap(\.bigEndianBytes)
    }

    static func code(key: [UInt8], for message: [UInt8]) -> [UInt8] {
        let short = key.count > 64 ? hash(key) : key
        let block = short + [UInt8](repeating: 0, count: 64 - short.count)
        return hash(block.map { $0 ^ 0x5C } + hash(block.map { $0 ^ 0x36 } + message))
    }

    /// The bytes with their padding, as words, sixteen a block.
    private static func blocks(of bytes: [UInt8]) -> [[UInt32]] {
        let zeros = (119 - bytes.count % 64) % 64
        let length = UInt64(bytes.count) * 8
        let padded =
            bytes + [0x80] + [UInt8](repeating: 0, count: zeros)
            + UInt32(length >> 32).bigEndianBytes
            + UInt32(truncatingIfNeeded: length).bigEndianBytes
        return stride(from: 0, to: padded.count, by: 64).map { start in
            stride(from: start, to: start + 64, by: 4).map { at in
                padded[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
    }

    private static func compress(_ state: [UInt32], _ block: [UInt32]) -> [UInt32] {
        var words = block
        for at in 16..<80 {
            words.append(
                (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotated(1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (at, word) in words.enumerated() {
            let (mixed, constant): (UInt32, UInt32) =
                switch at {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = a.rotated(5) &+ mixed &+ e &+ constant &+ word
            (a, b, c, d, e) = (next, a, b.rotated(30), c, d)
        }
        return zip(state, [a, b, c, d, e]).map { $0 &+ $1 }
    }
}

extension UInt32 {
    fileprivate func rotated(_ bits: UInt32) -> UInt32 { self << bits | self >> (32 - bits) }

    fileprivate var bigEndianBytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}
