/// The secret part of links, of one purpose. It is the HMAC of the row that the link belongs to, so
/// it is made when the link is shown and stands nowhere: the database holds the hash alone.
package struct LinkTokens: Sendable {
    /// What links are for: a token of one purpose is none of another.
    package enum Purpose: String, Sendable {
        case mail = "link in a mail"
        case share = "link to a shared video"
    }

    private let keys: [HMACSHA256]
    private let purpose: Purpose

    /// - Parameter previous: the secret before the present one; what was written under it is still
    ///   shown with the token that it was written with.
    package init(secret: [UInt8], previous: [UInt8]?, for purpose: Purpose = .mail) {
        keys = [secret, previous].compactMap { $0 }.map(HMACSHA256.init(key:))
        self.purpose = purpose
    }

    /// The token of a row, 43 characters of 256 bits, and what is stored of it.
    package func token(of row: String) -> (text: String, hash: [UInt8]) {
        let text = token(of: row, by: keys[0])
        return (text, Self.hash(text))
    }

    /// The token that `hash` was made of; nil when its secret is gone.
    package func token(of row: String, hash: [UInt8]) -> String? {
        keys.lazy.map { token(of: row, by: $0) }.first {
            constantTimeEquals(Self.hash($0), hash)
        }
    }

    /// What is stored of a token, and what one that somebody sends is looked up by.
    package static func hash(_ token: String) -> [UInt8] {
        SHA256.hash(Array(token.utf8))
    }

    private func token(of row: String, by key: HMACSHA256) -> String {
        Base64.encode(key.code(for: Array("\(purpose.rawValue):\(row)".utf8)), .urlSafe)
    }
}
