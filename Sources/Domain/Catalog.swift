/// What one field of a request may hold, for one tier and one mode: the form, the validation, the
/// API description and the vendor's payload all follow from it.
package struct FieldRule: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case string, integer
    }

    package let type: Kind
    package let required: Bool
    /// The least number of characters that can be seen.
    package let minLength: Int?
    /// The most UTF-16 code units, which is how the vendor counts.
    package let maxLength: Int?
    package let minimum: Int64?
    package let maximum: Int64?
    package let `enum`: [String]?
    package let `default`: String?
    /// `uri`: an HTTPS address that the vendor fetches.
    package let format: String?
    /// The vendor demands the field although the person may leave it out: the default is sent.
    package let alwaysSent: Bool?
}

/// The fields that a tier takes, by mode; a mode that is nil is not offered.
package struct TierFields: Hashable, Sendable, Codable {
    package let text: [String: FieldRule]?
    package let image: [String: FieldRule]?
}

/// A model that the shop sells, at one version of the catalog.
package struct Tier: Hashable, Sendable {
    package let id: String
    package let name: String
    package let model: String
    /// Brand and model at the vendor, in its classic naming: `kling-ai/kling-v1-6`.
    package let vendorPath: String
    package let costPerSecond: Money
    /// By rising volume.
    package let costSteps: [CostStep]
    package let pricePerSecond: Money
    package let durations: [Int]
    package let features: [String]
    package let fields: TierFields
    package let isPopular: Bool
    package let isEnabled: Bool

    package init(
        id: String, name: String, model: String, vendorPath: String, costPerSecond: Money,
        costSteps: [CostStep] = [], pricePerSecond: Money, durations: [Int],
        features: [String], fields: TierFields, isPopular: Bool, isEnabled: Bool
    ) {
        self.id = id
        self.name = name
        self.model = model
        self.vendorPath = vendorPath
        self.costPerSecond = costPerSecond
        self.costSteps = costSteps
        self.pricePerSecond = pricePerSecond
        self.durations = durations
        self.features = features
        self.fields = fields
        self.isPopular = isPopular
        self.isEnabled = isEnabled
    }

    package var requiresImage: Bool { fields.text == nil }

    package func price(forSeconds seconds: Int) -> Money {
        pricePerSecond.price(forSeconds: seconds)
    }
}

/// An amount of credit that is sold for money, with its bonus.
package struct Package: Hashable, Sendable {
    package let id: String
    package let price: Money
    package let credits: Money
    package let bonus: Money
    package let isPopular: Bool

    package init(id: String, price: Money, credits: Money, bonus: Money, isPopular: Bool) {
        self.id = id
        self.price = price
        self.credits = credits
        self.bonus = bonus
        self.isPopular = isPopular
    }

    package var total: Money { credits + bonus }
}

/// Everything that is sold, as one version: prices never change within it.
package struct Catalog: Hashable, Sendable {
    package let version: Int
    /// In the order they are shown.
    package let tiers: [Tier]
    package let packages: [Package]

    package init(version: Int, tiers: [Tier], packages: [Package]) {
        self.version = version
        self.tiers = tiers
        self.packages = packages
    }

    package func tier(_ id: String) -> Tier? { tiers.first { $0.id == id } }
    package func package(_ id: String) -> Package? { packages.first { $0.id == id } }
}
