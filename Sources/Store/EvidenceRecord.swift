package import Domain
package import FoundationEssentials

package enum EvidenceKind {}
package typealias EvidenceID = ID<EvidenceKind>

/// What was sent to Stripe against a dispute, or is to be.
package struct EvidenceRecord: Sendable {
    package let id: EvidenceID
    /// By Stripe's names, in their order.
    package let fields: [(name: String, value: String)]
    /// Stripe's id of the paper beside them.
    package let fileID: String?
    package let begunAt: Date
    package let sentAt: Date?
    /// The address of who sent it.
    package let sentBy: String?
    /// Why Stripe refused it.
    package let problem: String?

    /// Whether it is to be sent, by whoever presses next.
    package var isUnderWay: Bool { sentAt == nil && problem == nil }
}
