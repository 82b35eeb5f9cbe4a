import CSodium

/// SHA-256 (FIPS 180-4), of bytes at hand or of a file piece by piece.
package struct SHA256: Sendable {
    private var state = crypto_hash_sha256_state()

    package init() {
        initializeLibrary()
        // This and the two calls below return 0 always (crypto_hash_sha256, libsodium 1.0.18).
        unsafe check(crypto_hash_sha256_init(&state))
    }

    /// The hash, 32 bytes.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// Takes in the next bytes.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        let isTaken: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            unsafe check(
                crypto_hash_sha256_update(&state, buffer.baseAddress, UInt64(buffer.count)))
        }
        if isTaken == nil { update(Array(bytes)) }
    }

    /// The hash, 32 bytes, of everything taken in so far. More may follow.
    package func finalize() -> [UInt8] {
        var copy = state
        var hash = [UInt8](repeating: 0, count: crypto_hash_sha256_bytes())
        unsafe check(crypto_hash_sha256_final(&copy, &hash))
        return hash
    }
}
