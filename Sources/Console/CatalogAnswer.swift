import Domain
import JSON
import Store

struct CatalogAnswer: JSONObject {
    let catalog: Catalog
    let current: Int
    let versions: [CatalogVersion]
    let trials: [String: TierTrial]
    /// Of each tier, in the month so far.
    let secondsMade: [String: Int]

    static var schemaName: String? { "Catalog" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CatalogAnswer {
        fields.field("version", "The last one.") { $0.catalog.version }
        fields.field("currentVersion", "The one that orders are taken at.") { $0.current }
        fields.field("tiers", "Also those that are switched off.", example: "[]") { answer in
            answer.catalog.tiers.map { tier in
                PricedTier(
                    tier: tier, trial: answer.trials[tier.id],
                    made: answer.secondsMade[tier.id] ?? 0)
            }
        }
        fields.field("packages", example: "[]") { $0.catalog.packages }
        fields.field("versions", "Newest first.", example: "[]") { $0.versions }
    }
}

/// A tier with what it costs and brings.
struct PricedTier: JSONObject {
    let tier: Tier
    let trial: TierTrial?
    /// Seconds in the month so far.
    let made: Int

    static var schemaName: String? { "PricedTier" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PricedTier {
        fields.field("id", example: "pro".quoted) { $0.tier.id }
        fields.field("name", example: "Pro".quoted) { $0.tier.name }
        fields.field("model", example: "Kling 2.5 Turbo".quoted) { $0.tier.model }
        fields.field("pricePerSecond", example: "0.372") { $0.tier.pricePerSecond }
        fields.field("features", example: #"["Director-level cinematics"]"#) { $0.tier.features }
        fields.field("costPerSecond", "Of the first second of a month.", example: "0.12") {
            $0.tier.costPerSecond
        }
        fields.field("costSteps", "By rising seconds.", example: "[]") { $0.tier.costSteps }
        fields.field("secondsThisMonth", "Made in the month (UTC) so far.", example: "0") {
            $0.made
        }
        fields.field("costPerSecondNow", "Of the next second.", example: "0.12") {
            $0.tier.costPerSecond(after: $0.made)
        }
        fields.field("marginPerSecond", "Of the next second.", example: "0.252") {
            $0.tier.pricePerSecond - $0.tier.costPerSecond(after: $0.made)
        }
        fields.field(
            "lengths", "Each with its price, cost and margin now.", example: "[]"
        ) { priced in
            priced.tier.durations.map {
                PricedLength(tier: priced.tier, seconds: $0, made: priced.made)
            }
        }
        fields.field("enabled") { $0.tier.isEnabled }
        fields.optional("trialJobId", "The last video that it was tried by.") { $0.trial?.video }
        fields.optional("trialStatus", "Of that video.") { $0.trial?.status }
        fields.field("popular") { $0.tier.isPopular }
    }
}

struct PricedLength: JSONObject {
    let tier: Tier
    let seconds: Int
    let made: Int

    static var schemaName: String? { "PricedLength" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PricedLength {
        fields.field("seconds", example: "5") { $0.seconds }
        fields.field("price", example: "1.86") { $0.tier.price(forSeconds: $0.seconds) }
        fields.field("cost", example: "0.6") { $0.cost }
        fields.field("margin", example: "1.26") {
            $0.tier.price(forSeconds: $0.seconds) - $0.cost
        }
    }

    private var cost: Money { tier.cost(forSeconds: seconds, after: made) }
}
