package import Domain
import MariaDB

/// One thing that the auditor found wrong, in words for the operator.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// What it stops (A3).
    package enum Scope: String, Sendable, SQLConvertible {
        /// The account ``accountID``, alone.
        case account
        /// New orders of all.
        case whole
        /// Nothing: it is only late.
        case lateness
    }

    package let rule: String
    package let scope: Scope
    /// The object that it is about, such as `wallet 0199…`: with the rule, what the next look knows
    /// it by.
    package let subject: String
    /// Nil unless it is about one account.
    package let accountID: AccountID?
    package let description: String

    package init(
        rule: String, scope: Scope, subject: String, accountID: AccountID?, description: String
    ) {
        self.rule = rule
        self.scope = scope
        self.subject = subject
        self.accountID = accountID
        self.description = description
    }

    /// Whether it stands for more findings of its rule than a look names.
    package var isCut: Bool { subject == Self.more }

    package static let more = "more"

    /// What the subjects of findings at another node of the cluster begin with.
    package static func prefix(node: String) -> String { "at \(node): " }
}
