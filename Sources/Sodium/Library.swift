// Sodium: the only importer of libsodium. Passwords (Argon2id), HMAC-SHA-256, SHA-256, BLAKE2b, random
// bytes, comparison in constant time, Base64 and Base16.
// It knows no secret of ours, and no token but that of links in mails.

import CSodium

/// `sodium_init`, run at the first use of anything in this module. A global is initialised once,
/// whichever threads ask for it first (libsodium, "Usage").
private let isReady: Bool = sodium_init() >= 0

/// Makes sure that libsodium has chosen its implementations and opened its source of randomness.
func initializeLibrary() {
    // Without randomness every token we make could be guessed: ending the process is the only
    // safe answer.
    precondition(isReady, "libsodium could not be initialised")
}
