import Domain
import Ledger
import MariaDB

extension Violation {
    /// What a finding is known again by.
    struct Name: Hashable {
        let rule: String
        let subject: String
    }

    var name: Name { Name(rule: rule, subject: subject.cut(to: 255)) }

    static func prefix(node: Connection) -> String { prefix(node: "\(node.configuration)") }

    /// The same, found at another node of the cluster.
    func at(_ node: Connection) -> Violation {
        Violation(
            rule: rule, scope: scope, subject: Self.prefix(node: node) + subject,
            accountID: accountID, description: "at \(node.configuration): \(self)")
    }

    /// What is said of the node, as it says it itself; nil when it is said of another, or of this
    /// one's own books.
    func found(at node: Connection) -> Violation? {
        let prefix = Self.prefix(node: node)
        guard subject.hasPrefix(prefix) else { return nil }
        return Violation(
            rule: rule, scope: scope, subject: String(subject.dropFirst(prefix.count)),
            accountID: accountID, description: description)
    }

    /// Whether it was found at another node.
    var isElsewhere: Bool { subject.hasPrefix("at ") }
}
