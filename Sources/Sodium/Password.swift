import CSodium

/// Passwords as they are stored: Argon2id with 19 MiB and two passes, the parameters of the OWASP
/// Password Storage Cheat Sheet.
///
/// One call takes about 20 ms of one core and 19 MiB, so callers limit how many run at once.
package enum Password {
    private static let passes: UInt64 = 2
    private static let memoryBytes = 19 * 1024 * 1024

    /// Hashes a password of any length with a fresh salt.
    ///
    /// The result is a PHC string of ASCII characters, at most 127 long:
    /// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
    package static func hash(_ password: String) -> String {
        initializeLibrary()
        let bytes = cString(password)
        var characters = [CChar](repeating: 0, count: crypto_pwhash_strbytes())
        let code = unsafe crypto_pwhash_str_alg(
            &characters, bytes, UInt64(bytes.count - 1), passes, memoryBytes,
            crypto_pwhash_alg_argon2id13())
        // The one documented failure is that 19 MiB could not be had. A process that is so short
        // of memory is better started again than kept.
        precondition(code == 0, "no memory for Argon2id")
        return text(characters.prefix { $0 != 0 })
    }

    /// Whether `password` is the one that `stored` was made from; false for a text that is no hash.
    package static func verify(_ password: String, against stored: String) -> Bool {
        initializeLibrary()
        // A longer text is no hash of ours, and a NUL would cut it short.
        guard isPlausible(stored) else { return false }
        let bytes = cString(password)
        return unsafe crypto_pwhash_str_verify(
            cString(stored), bytes, UInt64(bytes.count - 1)) == 0
    }

    /// Whether `stored` was made with other parameters than ``hash(_:)`` uses now, or is no hash.
    package static func needsRehash(_ stored: String) -> Bool {
        initializeLibrary()
        guard isPlausible(stored) else { return true }
        return unsafe crypto_pwhash_str_needs_rehash(cString(stored), passes, memoryBytes) != 0
    }

    private static func isPlausible(_ stored: String) -> Bool {
        stored.utf8.count < crypto_pwhash_strbytes() && !stored.utf8.contains(0)
    }

    /// The UTF-8 bytes and a NUL after them; a NUL inside the text stays part of it.
    private static func cString(_ text: String) -> [CChar] {
        text.utf8.map(CChar.init(bitPattern:)) + [0]
    }
}
