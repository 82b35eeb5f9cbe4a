/// What tells this shop's objects from those of others on the same Stripe account (P8): a pair of
/// their metadata, by which we know them again.
///
/// Stripe copies metadata from no session to its payment, and from no payment to its refunds, so
/// each call that makes one sets it. A refund that somebody makes in the Dashboard carries none:
/// it is ours when its payment is.
package struct StripeMark: Hashable, Sendable {
    package static let name = "rushes_installation"

    private let installation: String

    package init(installation: String) {
        self.installation = installation
    }

    /// What the objects that we make carry.
    package var metadata: [String: String] { [Self.name: installation] }

    /// Whether the object with this metadata was made by this shop.
    package func isOn(_ metadata: [String: String]) -> Bool {
        metadata[Self.name] == installation
    }
}
