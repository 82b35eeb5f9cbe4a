package enum MailTokenKind {}
/// A link that was sent by mail.
package typealias MailTokenID = ID<MailTokenKind>

/// What a link in a mail is good for, once.
package enum MailTokenPurpose: String, CaseIterable, Sendable {
    /// Proves the address of an account.
    case verify
    /// Sets a new password.
    case reset
    /// Puts another address in the place of the account's.
    case change

    package var lifetime: Duration {
        switch self {
        case .verify, .change: .seconds(86_400)
        case .reset: .seconds(1800)
        }
    }
}
