import Domain
import FoundationEssentials
package import Store
package import Stripe

// In English whatever the buyer reads: a bank reads it. Each sentence says what a row says, and no
// more; what is not recorded is left out.
extension DisputeEvidence {
    /// - Parameter reference: by which the evidence is known again.
    package init(_ facts: DisputeCase, reference: EvidenceID) {
        var values: [Field: String] = [:]
        values[.productDescription] = facts.product
        values[.customerAddress] = facts.receipt?.buyer
        values[.purchaseAddress] = facts.address
        // The day alone.
        values[.serviceDate] = (facts.purchase.purchase.paidAt?.stamp.prefix(10)).map(String.init)
        values[.activityLog] = facts.activity
        values[.text] = facts.summary(reference)
        self.init(values)
    }
}

extension DisputeCase {
    fileprivate var product: String {
        let order = purchase.purchase
        let bonus = order.bonus > .zero ? " and \(order.bonus) of bonus credit" : ""
        return """
            Prepaid credit of \(order.credits)\(bonus) for videos that are made to order from the \
            customer's own words, sold as the package "\(order.packageID)" for \(order.price). Order \
            \(order.id). Nothing is shipped: the credit is on the customer's account as soon as the \
            payment is confirmed, and videos are watched and downloaded on the shop's website.
            """
    }

    /// What the account did since the payment, the newest first.
    fileprivate var activity: String {
        var lines: [String] = []
        if !videos.isEmpty {
            let shown = videos.count < videoCount ? ", of which the newest \(videos.count)" : ""
            lines.append("Videos ordered since the payment: \(videoCount)\(shown):")
            lines += videos.map(\.line)
        }
        if !signIns.isEmpty {
            lines.append("Sign-ins of the customer that have not ended:")
            lines += signIns.map {
                "\($0.at.stamp) from \($0.address), last used \($0.lastUsedAt.stamp)"
            }
        }
        return lines.joined(separator: "\n")
    }

    private var agreement: [String] {
        guard let terms else { return [] }
        let from = terms.address.map { " from \($0)" } ?? ""
        var lines = [
            "The terms and the privacy notice were accepted \(terms.acceptedAt.stamp)\(from), version "
                + "\(terms.version)."
        ]
        if let termsInForce, termsInForce != terms.version {
            lines.append("When the order was made, version \(termsInForce) was in force.")
        }
        return lines
    }

    fileprivate func summary(_ reference: EvidenceID) -> String {
        let order = purchase.purchase
        var lines = ["The account was opened \(joinedAt.stamp)."]
        if let verifiedAt {
            lines.append(
                "Its mail address was proved by a link that was sent to it, \(verifiedAt.stamp).")
        }
        lines += agreement
        lines.append("The order was made \(order.createdAt.stamp).")
        if let paidAt = order.paidAt {
            lines.append("It was paid, and its credit given, \(paidAt.stamp).")
        }
        if let receipt {
            lines.append("The receipt is \(receipt.name), of \(receipt.amount).")
        }
        lines.append(
            "Since the payment \(videoCount) videos were ordered and \(deliveredCount) delivered.")
        if purchase.refunded > .zero {
            lines.append("Of the payment \(purchase.refunded) was refunded.")
        }
        if !mails.isEmpty {
            lines.append("Mails sent to the customer since the order, the newest first:")
            lines += mails.map { "\($0.sentAt.stamp) \($0.topic)" }
        }
        lines.append("Reference \(reference).")
        return lines.joined(separator: "\n")
    }
}

extension DisputeCase.Video {
    fileprivate var line: String {
        var line = "\(orderedAt.stamp) video \(id) ordered: \(tier), \(seconds) s, \(price)"
        if let deliveredAt { line += "; delivered \(deliveredAt.stamp)" }
        return line + downloads.map { "; \($0.words)" }.joined()
    }
}

extension VideoDownload {
    fileprivate var words: String {
        let from = address.map { " from \($0)" } ?? ""
        let what =
            switch way {
            case .file: "its file was asked for"
            case .archive: "an archive with its file was asked for"
            case .sharedView: "looked at by the link that its owner made to share it"
            case .sharedFile: "its file was asked for by the link that its owner made to share it"
            }
        return "\(what) \(askedAt.stamp)\(from)"
    }
}

extension Date {
    /// `2026-11-28T17:00:00Z`.
    fileprivate var stamp: String { formatted(.iso8601) }
}
