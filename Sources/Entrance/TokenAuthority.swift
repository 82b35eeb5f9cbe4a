// Entrance: what a request passes before its handler: who it is from (tokens, cookies), how often it
// was tried, and whether there is a place for it (passwords are hashed four at a time, and nobody
// holds all threads). It knows no route; what it refuses is answered by Web.

package import Domain
package import FoundationEssentials
import HTTP
import JSON
import Sodium
import Synchronization

/// Signs and reads our tokens: JWT (RFC 7519) by HS256, with exactly our own header. Reading one
/// is on the way of nearly every request, so it is done here with one keyed HMAC context for each
/// thread rather than by a library.
package final class TokenAuthority {
    package struct Token: Equatable {
        package let userID: UserID
        /// 128 random bits; the session is stored under their hash.
        package let sessionID: [UInt8]
        package let expiresAt: Date
        package let sessionHash: [UInt8]

        package init(userID: UserID, sessionID: [UInt8], expiresAt: Date) {
            self.userID = userID
            self.sessionID = sessionID
            self.expiresAt = expiresAt
            sessionHash = SHA256.hash(sessionID)
        }
    }

    /// `{"alg":"HS256","typ":"JWT"}`
    private static let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    private let current: HMACSHA256
    private let previous: HMACSHA256?
    /// What the last tokens say whose signature was found good, by their bytes: who comes again is not
    /// computed again. Whether the session still is, the database says each time.
    private let read = Mutex<[[UInt8]: Token]>([:])
    private static let largestReadCount = 1024

    package init(secret: [UInt8], previous: [UInt8]?) {
        current = HMACSHA256(key: secret)
        self.previous = previous.map(HMACSHA256.init(key:))
    }

    package func sign(_ token: Token, at now: Date) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("sub", token.userID.description)
        json.member("sid", Base64.encode(token.sessionID, .urlSafe))
        json.member("iat", Int(now.timeIntervalSince1970))
        json.member("exp", Int(token.expiresAt.timeIntervalSince1970))
        json.endObject()
        let signed = "\(Self.header).\(Base64.encode(json.bytes, .urlSafe))"
        return "\(signed).\(Base64.encode(current.code(for: Array(signed.utf8)), .urlSafe))"
    }

    /// The token, when its signature is ours and its time is not over.
    package func read(_ text: String, at now: Date) -> Token? {
        guard text.utf8.count <= 1024 else { return nil }
        let bytes = Array(text.utf8)
        if let token = read.withLock({ $0[bytes] }) {
            return token.expiresAt > now ? token : nil
        }
        guard let token = verify(text), token.expiresAt > now else { return nil }
        read.withLock { read in
            if read.count >= Self.largestReadCount { read.removeAll(keepingCapacity: true) }
            read[bytes] = token
        }
        return token
    }

    private func verify(_ text: String) -> Token? {
        let parts = text.bytes.parts(at: ".")
        guard parts.count == 3, parts[0].equals(Self.header),
            let signature = Base64.decode(parts[2].text, .urlSafe),
            isSigned(Array(text.bytes[..<parts[1].endIndex]), by: signature),
            let claims = Base64.decode(parts[1].text, .urlSafe)
        else { return nil }
        return Token(claims: claims)
    }

    private func isSigned(_ bytes: [UInt8], by signature: [UInt8]) -> Bool {
        if constantTimeEquals(current.code(for: bytes), signature) { return true }
        guard let previous else { return false }
        return constantTimeEquals(previous.code(for: bytes), signature)
    }

    /// What only we can compute of a text. No token of ours is such a text: those begin with our
    /// header, these with words.
    package func code(of text: String) -> [UInt8] { current.code(for: Array(text.utf8)) }

    /// Whether ``code(of:)`` gave this, under the present secret or the one before.
    package func isCode(_ code: [UInt8], of text: String) -> Bool {
        isSigned(Array(text.utf8), by: code)
    }
}

extension TokenAuthority.Token {
    /// The token of these claims, in the one form in which ``TokenAuthority/sign(_:at:)`` writes them,
    /// to the byte; nil for anything else. Nobody else signs with our secret, so no other form is
    /// read: no second member of one name, no space, no escape and no number but a whole one.
    fileprivate init?(claims: [UInt8]) {
        var rest = claims[...]
        guard rest.take(#"{"sub":""#), let user = UserID(rest.take(36)),
            rest.take(#"","sid":""#), let session = Base64.decode(rest.take(22), .urlSafe),
            session.count == 16,
            rest.take(#"","iat":"#), rest.takeSeconds() != nil,
            rest.take(#","exp":"#), let expiry = rest.takeSeconds(),
            rest.take("}"), rest.isEmpty
        else { return nil }
        self.init(
            userID: user, sessionID: session,
            expiresAt: Date(timeIntervalSince1970: Double(expiry)))
    }
}

extension ArraySlice<UInt8> {
    /// Takes the text away when it is next.
    fileprivate mutating func take(_ text: String) -> Bool {
        guard starts(with: text.utf8) else { return false }
        removeFirst(text.utf8.count)
        return true
    }

    /// Takes away as many bytes, or all that there are.
    fileprivate mutating func take(_ count: Int) -> String {
        let taken = prefix(count)
        removeFirst(taken.count)
        return String(decoding: taken, as: UTF8.self)
    }

    /// Takes a whole number of one to twelve digits away, which no zero begins.
    fileprivate mutating func takeSeconds() -> Int? {
        let digits = prefix { (0x30...0x39).contains($0) }
        guard (1...12).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
        removeFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
