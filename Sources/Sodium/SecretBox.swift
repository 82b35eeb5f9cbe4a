import CSodium

/// Seals bytes under a key that is derived from a secret and a purpose (XSalsa20-Poly1305), so that
/// who has a copy of what is stored has not the bytes.
package struct SecretBox: Sendable {
    private let keys: [[UInt8]]

    /// - Parameters:
    ///   - previous: the secret before the present one; what it sealed is opened still.
    ///   - purpose: what it seals: another purpose has another key.
    package init(secret: [UInt8], previous: [UInt8]?, purpose: String) {
        keys = [secret, previous].compactMap { $0 }.map {
            HMACSHA256(key: $0).code(for: Array("sealing key:\(purpose)".utf8))
        }
    }

    /// Names the present key and tells nothing of it: 8 bytes.
    package var mark: [UInt8] {
        Array(HMACSHA256(key: keys[0]).code(for: Array("mark".utf8)).prefix(8))
    }

    /// The bytes sealed, 40 longer than they are.
    package func seal(_ bytes: [UInt8]) -> [UInt8] {
        let nonce = randomBytes(crypto_secretbox_noncebytes())
        var sealed = [UInt8](repeating: 0, count: bytes.count + crypto_secretbox_macbytes())
        // Returns 0 always (crypto_secretbox_easy, libsodium 1.0.18).
        unsafe check(
            crypto_secretbox_easy(&sealed, bytes, UInt64(bytes.count), nonce, keys[0]))
        return nonce + sealed
    }

    /// What was sealed under the present secret or the one before; nil for anything else.
    package func open(_ sealed: [UInt8]) -> [UInt8]? {
        keys.lazy.compactMap { Self.open(sealed, by: $0) }.first
    }

    private static func open(_ sealed: [UInt8], by key: [UInt8]) -> [UInt8]? {
        let (nonceCount, macCount) = (crypto_secretbox_noncebytes(), crypto_secretbox_macbytes())
        guard sealed.count >= nonceCount + macCount else { return nil }
        let box = Array(sealed[nonceCount...])
        var bytes = [UInt8](repeating: 0, count: box.count - macCount)
        let code = unsafe crypto_secretbox_open_easy(
            &bytes, box, UInt64(box.count), Array(sealed[..<nonceCount]), key)
        return code == 0 ? bytes : nil
    }
}
