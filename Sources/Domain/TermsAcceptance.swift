package import FoundationEssentials

/// That somebody agreed to a version of the terms and the privacy notice.
package struct TermsAcceptance: Hashable, Sendable {
    package let version: String
    package let acceptedAt: Date
    /// The network address that it came from; nil when that is not known, or the person is gone.
    package let address: String?

    package init(version: String, acceptedAt: Date, address: String?) {
        self.version = version
        self.acceptedAt = acceptedAt
        self.address = address
    }
}

/// Under which terms somebody buys.
package struct PurchaseTerms: Hashable, Sendable {
    /// In force; nil where the shop states none.
    package let version: String?
    /// Whether the page that was pressed showed this version, so that the press agrees to it.
    package let isAgreedTo: Bool

    package init(version: String?, isAgreedTo: Bool) {
        self.version = version
        self.isAgreedTo = isAgreedTo
    }

    package static let unknown = PurchaseTerms(version: nil, isAgreedTo: false)
}
