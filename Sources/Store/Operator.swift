package import Domain
import Texts

/// Who acts by hand, and why.
package struct Operator: Sendable {
    /// Nil at the command line.
    package let userID: UserID?
    /// At the command line, the account of the operating system.
    package let systemUser: String?
    package let reason: String
    /// The caller's own name for the command: the same again does nothing more (P7).
    package let key: String?
    /// How much they may send back within 24 hours; nil: as much as there is.
    package let refundLimit: Money?
    /// Whether they may act on people who run a part of the shop.
    package let mayActOnOperators: Bool

    /// Throws ``InvalidInput`` unless the reason says something, in one line of at most 500
    /// characters.
    package init(
        userID: UserID?, systemUser: String? = nil, reason: String?, key: String? = nil,
        refundLimit: Money? = nil, mayActOnOperators: Bool = true
    ) throws {
        let text = reason?.trimmed ?? ""
        guard text.visibleCharacters >= 3, text.codeUnits <= 500 else {
            throw InvalidInput("reason", .reasonLength)
        }
        // Users and operators read it, in terminals too.
        guard text.isOneLine else {
            throw InvalidInput("reason", .reasonOneLine)
        }
        self.userID = userID
        self.systemUser = systemUser
        self.reason = text
        self.key = key
        self.refundLimit = refundLimit
        self.mayActOnOperators = mayActOnOperators
    }
}
