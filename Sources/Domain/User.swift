package import FoundationEssentials
import Texts

package enum UserKind {}
/// Who signs in and acts.
package typealias UserID = ID<UserKind>

package enum AccountKind {}
/// Who owns and pays; users act for it.
package typealias AccountID = ID<AccountKind>

package struct User: Hashable, Sendable {
    /// What part of the shop a person runs.
    package enum Role: String, CaseIterable, Sendable {
        /// None: they use it.
        case user
        /// Helps people: their accounts and videos, and refunds up to a sum.
        case support
        /// Reads where the money went.
        case accountant
        /// Owns the shop: everything.
        case admin
    }

    package let id: UserID
    package let email: String
    /// What they call themselves; nil for nothing.
    package let name: String?
    package let isEmailVerified: Bool
    package let role: Role
    package let createdAt: Date

    package init(
        id: UserID, email: String, name: String?, isEmailVerified: Bool, role: Role,
        createdAt: Date
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.isEmailVerified = isEmailVerified
        self.role = role
        self.createdAt = createdAt
    }
}

/// An address and a password that were typed, in the only form in which they are stored.
package struct Credentials: Equatable, Sendable {
    /// In lower case, so that one person is one user.
    package let email: String
    package let password: PreparedPassword

    /// Judges both for a new account, naming what is wrong with each.
    package init(registering email: String?, password: String?) throws {
        var problems: [InvalidInput.Field] = []
        let address = email.flatMap(Self.normalized)
        if address == nil {
            problems.append(.init("email", .emailMalformed))
        }
        var chosen: PreparedPassword?
        do {
            chosen = try PreparedPassword(choosing: password, for: address)
        } catch let error as InvalidInput {
            problems += error.fields
        }
        guard problems.isEmpty, let address, let chosen else { throw InvalidInput(problems) }
        self.email = address
        self.password = chosen
    }

    /// Takes what was typed to sign in; only what is missing is refused, so that the answer does
    /// not tell which accounts could exist.
    package init(signingIn email: String?, password: String?) throws {
        var problems: [InvalidInput.Field] = []
        if email?.trimmed.isEmpty ?? true { problems.append(.init("email", .emailNeeded)) }
        if password?.isEmpty ?? true {
            problems.append(.init("password", .passwordNeeded))
        }
        guard problems.isEmpty, let email, let password else { throw InvalidInput(problems) }
        guard let address = Self.normalized(email),
            let proof = PreparedPassword(proving: password)
        else { throw InvalidCredentials() }
        self.email = address
        self.password = proof
    }

    /// Nil when `text` cannot be an address: one `@`, a local part of at most 64 bytes, a host
    /// with a dot, ASCII without spaces or control characters, at most 254 bytes (RFC 5321 4.5.3).
    package static func normalized(_ text: String) -> String? {
        let typed = text.trimmed
        // Before the case is folded, which makes an ASCII letter of some others (U+212A).
        guard typed.utf8.count <= 254,
            typed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#"()<>[]:;\","#.utf8.contains($0) })
        else { return nil }
        let address = typed.lowercased()
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count) else { return nil }
        let local = parts[0]
        guard local.first != ".", local.last != ".", !local.contains("..") else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2,
            labels.allSatisfy({ label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        (97...122).contains($0) || (48...57).contains($0) || $0 == 45
                    }
            })
        else { return nil }
        return address
    }
}
