package import Domain
package import FoundationEssentials
import HTTP
import Sodium

/// Shows that the password was right a moment ago, while the code is asked for. It stands nowhere: it
/// is the user and the time of its end under our signature, which covers the password's hash too, so
/// that a new password ends it.
package struct SignInTicket {
    private static let lifetimeSeconds = 300

    package let user: UserID
    package let expiresAt: Date
    private let code: [UInt8]

    package init(
        for user: UserID, passwordHash: String, at now: Date, _ tokens: TokenAuthority
    ) {
        let end = Int(now.timeIntervalSince1970) + Self.lifetimeSeconds
        self.user = user
        expiresAt = Date(timeIntervalSince1970: Double(end))
        code = tokens.code(of: Self.signed(user, end, passwordHash))
    }

    /// Reads what somebody sends; nil when it has not the form. Whether it is good is asked of
    /// ``isGood(for:at:_:)``.
    package init?(_ text: String) {
        guard text.utf8.count <= 200 else { return nil }
        let parts = text.bytes.parts(at: ".")
        guard parts.count == 3, let user = UserID(parts[0].text),
            (1...12).contains(parts[1].count),
            parts[1].allSatisfy({ (0x30...0x39).contains($0) }), let end = Int(parts[1].text),
            let code = Base64.decode(parts[2].text, .urlSafe)
        else { return nil }
        self.user = user
        expiresAt = Date(timeIntervalSince1970: Double(end))
        self.code = code
    }

    package func isGood(
        for passwordHash: String, at now: Date, _ tokens: TokenAuthority
    ) -> Bool {
        expiresAt > now && tokens.isCode(code, of: Self.signed(user, end, passwordHash))
    }

    package var text: String { "\(user).\(end).\(Base64.encode(code, .urlSafe))" }

    private var end: Int { Int(expiresAt.timeIntervalSince1970) }

    private static func signed(_ user: UserID, _ end: Int, _ passwordHash: String) -> String {
        "sign-in ticket:\(user):\(end):\(passwordHash)"
    }
}
