import CSodium

/// Message authentication codes under one key (HMAC-SHA-256, RFC 2104).
///
/// The key is worked in once; each code starts from a copy of that state, which is several times
/// faster than starting from the key. Any number of threads may use one instance.
package final class HMACSHA256: Sendable {
    private let keyed: crypto_auth_hmacsha256_state

    /// Takes a key of any length. An empty key is accepted: refusing it is the caller's rule.
    package init(key: [UInt8]) {
        initializeLibrary()
        var state = crypto_auth_hmacsha256_state()
        // This and the two calls below return 0 always (crypto_auth_hmacsha256, libsodium 1.0.18).
        unsafe check(crypto_auth_hmacsha256_init(&state, key, key.count))
        keyed = state
    }

    /// The code, 32 bytes, of the parts one after another.
    package func code(for parts: [UInt8]...) -> [UInt8] {
        var state = keyed
        for part in parts {
            unsafe check(crypto_auth_hmacsha256_update(&state, part, UInt64(part.count)))
        }
        var code = [UInt8](repeating: 0, count: crypto_auth_hmacsha256_bytes())
        unsafe check(crypto_auth_hmacsha256_final(&state, &code))
        return code
    }
}
