package import Domain
package import FoundationEssentials
import JSON

/// All that is recorded about a disputed payment. What is not recorded is not there, and nothing is
/// concluded from that.
package struct DisputeCase: Sendable {
    package struct Video: Sendable {
        package let id: VideoID
        package let tier: String
        package let seconds: Int
        package let price: Money
        package let orderedAt: Date
        /// When it was ready; nil for one that is not, or was given back.
        package let deliveredAt: Date?
        /// The first of each way, in their order.
        package let downloads: [VideoDownload]
    }

    package struct SignIn: Sendable {
        package let address: String
        package let at: Date
        package let lastUsedAt: Date
    }

    package struct Mail: Sendable {
        package let topic: String
        package let sentAt: Date
    }

    /// What would help and is not recorded.
    package enum Gap: String, CaseIterable, JSONWord, Sendable {
        case receipt, purchaseAddress, termsAcceptance, downloads, signIns, mails
    }

    package let dispute: DisputeRecord
    package let purchase: PurchaseRecord
    /// The network address that the order came from.
    package let address: String?
    package let receipt: PaymentDocument?
    package let joinedAt: Date
    package let verifiedAt: Date?
    /// What the buyer had agreed to when they ordered; nil when that is not known.
    package let terms: TermsAcceptance?
    /// The version of the terms that was in force then.
    package let termsInForce: String?
    /// Ordered by the account since the payment, the newest first, at most ``DisputeCase/most``.
    package let videos: [Video]
    package let videoCount: Int
    package let deliveredCount: Int
    /// Those that have not ended, the newest first.
    package let signIns: [SignIn]
    /// Sent to the buyer since the order, the newest first.
    package let mails: [Mail]
    package let refunds: [RefundRecord]
    /// What was sent to Stripe, or is being sent.
    package let sent: EvidenceRecord?

    package static let most = 500

    package var gaps: [Gap] {
        var gaps: [Gap] = receipt == nil ? [.receipt] : []
        if address == nil { gaps.append(.purchaseAddress) }
        if terms == nil { gaps.append(.termsAcceptance) }
        if !videos.contains(where: { $0.downloads.contains(where: \.isKept) }) {
            gaps.append(.downloads)
        }
        if signIns.isEmpty { gaps.append(.signIns) }
        if mails.isEmpty { gaps.append(.mails) }
        return gaps
    }
}
