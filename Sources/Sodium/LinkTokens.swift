/// The secret part of the links in mails. It is the HMAC of the row that the link belongs to, so it
/// is made when the mail is sent and stands nowhere: the database holds the hash alone.
package struct LinkTokens: Sendable {
    private let keys: [HMACSHA256]

    /// - Parameter previous: the secret before the present one; mails that were written under it
    ///   and not yet sent get the token that they were written with.
    package init(secret: [UInt8], previous: [UInt8]?) {
        keys = [secret, previous].compactMap { $0 }.map(HMACSHA256.init(key:))
    }

    /// The token of a row, 43 characters of 256 bits, and what is stored of it.
    package func token(of row: String) -> (text: String, hash: [UInt8]) {
        let text = Self.token(of: row, by: keys[0])
        return (text, Self.hash(text))
    }

    /// The token that `hash` was made of; nil when its secret is gone.
    package func token(of row: String, hash: [UInt8]) -> String? {
        keys.lazy.map { Self.token(of: row, by: $0) }.first {
            constantTimeEquals(Self.hash($0), hash)
        }
    }

    /// What is stored of a token, and what one that somebody sends is looked up by.
    package static func hash(_ token: String) -> [UInt8] {
        SHA256.hash(Array(token.utf8))
    }

    private static func token(of row: String, by key: HMACSHA256) -> String {
        Base64.encode(key.code(for: Array("link in a mail:\(row)".utf8)), .urlSafe)
    }
}
