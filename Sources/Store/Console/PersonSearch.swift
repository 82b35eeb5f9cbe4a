import Domain
package import FoundationEssentials
import MariaDB

/// What people are looked for by.
package enum PersonSearch: Sendable {
    case all
    /// Of a user, an account, a purchase or a video.
    case id(UUID)
    /// Stripe's name of a payment, a session, a refund or a dispute.
    case reference(String)
    /// A part of the address or of the name.
    case text(String)

    package init(_ text: String) {
        let text = text.trimmed
        if text.isEmpty {
            self = .all
        } else if let id = ID<PersonSearch>(text) {
            self = .id(id.uuid)
        } else if ["pi_", "cs_", "re_", "dp_", "du_"].contains(where: text.hasPrefix) {
            self = .reference(text)
        } else {
            self = .text(text.lowercased())
        }
    }
}

extension PersonSearch {
    var condition: SQL {
        switch self {
        case .all: return "TRUE"
        case .id(let id):
            let id = ID<PersonSearch>(uuid: id)
            return """
                users.id IN (
                    SELECT id FROM users WHERE id = \(id)
                    UNION SELECT user_id FROM members WHERE account_id = \(id)
                    UNION SELECT user_id FROM purchases WHERE id = \(id)
                    UNION SELECT user_id FROM video_jobs WHERE id = \(id))
                """
        case .reference(let name):
            return """
                users.id IN (
                    SELECT user_id FROM purchases WHERE payment_intent = \(name)
                    UNION SELECT user_id FROM purchases WHERE session_id = \(name)
                    UNION SELECT user_id FROM purchases
                        JOIN refunds ON refunds.purchase_id = purchases.id
                        WHERE stripe_refund_id = \(name)
                    UNION SELECT user_id FROM purchases
                        JOIN disputes ON disputes.purchase_id = purchases.id
                        WHERE disputes.id = \(name))
                """
        case .text(let text):
            let pattern = text.composed.likePattern
            return "(users.email LIKE \(pattern) OR LOWER(users.name) LIKE \(pattern))"
        }
    }
}
