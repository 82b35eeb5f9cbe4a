package import Domain
package import FoundationEssentials

/// A version of the catalog.
package struct CatalogVersion: Sendable {
    package let version: Int
    package let reason: String
    package let createdBy: UserID?
    package let createdAt: Date
    package let validFrom: Date
}

/// The videos of a tier that were delivered in the last thirty days, at the prices that they were
/// sold at, and at those of a changed tier.
package struct TierEffect: Sendable {
    package let videoCount: Int
    package let revenue: Money
    package let cost: Money
    package let newRevenue: Money
    package let newCost: Money
}

/// What a change of the catalog made, or would make.
package struct CatalogReport: Sendable {
    package let outcome: CommandReport.Outcome
    /// The version that it made, or would make.
    package let version: Int
    package let validFrom: Date
    package let changes: [String]
    /// Of a tier alone.
    package let effect: TierEffect?
}
