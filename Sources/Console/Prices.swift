import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

extension Inputs {
    fileprivate static let base = Input<Int>(
        "version", "The last version, as it was looked at.", as: .integer(in: 1...1_000_000),
        example: "1"
    ) { reader, name in
        if let version = reader.integer(name, in: 1...1_000_000) { return version }
        if !reader.isRefused(name) { reader.refuse(name, .fieldNeeded) }
        return nil
    }
    fileprivate static let validFrom = Input<Date>(
        "validFrom", "From when; left out: at once.", as: .text(format: "date-time"),
        isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if let date = value.string.flatMap({ Date(iso8601: $0) }) { return date }
        reader.refuse(name, .timeMalformed)
        return nil
    }
    fileprivate static let wouldBe = Input.flag(
        "dryRun", "Tell what it would change, and change nothing.")
    fileprivate static let tierName = Input.text("name", atMost: 100, isRequired: false)
    fileprivate static let pricePerSecond = rate("pricePerSecond", least: Money(micros: 1))
    fileprivate static let costPerSecond = rate("costPerSecond", least: .zero)
    fileprivate static let price = amount("price", least: Money(cents: 1))
    fileprivate static let credits = amount("credits", least: Money(cents: 1))
    fileprivate static let bonus = amount("bonus", least: .zero)
    fileprivate static let isEnabled = toggle("enabled", "Whether it is sold.")
    fileprivate static let isPopular = toggle("popular", "The one that is marked.")

    /// Dollars per second to the micro-dollar, a hundred at most.
    private static func rate(_ name: String, least: Money) -> Input<Money> {
        Input(name, as: .dollars, isRequired: false) { reader, name in
            guard let value = reader.value(name) else { return nil }
            if let money = Money(value), (least...Money(cents: 10_000)).contains(money) {
                return money
            }
            reader.refuse(name, .dollarsMalformed)
            return nil
        }
    }

    /// Whole cents, ten thousand dollars at most.
    private static func amount(_ name: String, least: Money) -> Input<Money> {
        Input(name, as: .dollars, isRequired: false) { reader, name in
            guard let value = reader.value(name) else { return nil }
            if let money = Money(value), money.cents != nil,
                (least...Money(cents: 1_000_000)).contains(money)
            {
                return money
            }
            reader.refuse(name, .centsMalformed)
            return nil
        }
    }

    /// Nil when it is left out.
    private static func toggle(_ name: String, _ says: String) -> Input<Bool> {
        Input(name, says, as: .type("boolean"), isRequired: false) { reader, name in
            guard let value = reader.value(name) else { return nil }
            if value.bool == nil { reader.refuse(name, .sendBoolean) }
            return value.bool
        }
    }
}

/// What is sold at which price: the catalog, its versions, and changes of it, each a version of its
/// own. What was ordered keeps its price.
enum Prices {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/catalog", "showCatalog", by: .operator(.look),
                answers: [
                    .ok(CatalogAnswer.self, "The last version, be it valid yet or not.")
                ], "What is sold at which price and cost, with its versions", show),
            change(
                "tiers/:id", "changeTier",
                takes: Body(
                    "TierChange", Inputs.reason("the vendor raised its price"), Inputs.base,
                    Inputs.pricePerSecond, Inputs.costPerSecond, Inputs.tierName,
                    Inputs.isEnabled, Inputs.isPopular, Inputs.validFrom, Inputs.wouldBe),
                "Makes a version of the catalog in which a tier is another", changeTier),
            change(
                "packages/:id", "changePackage",
                takes: Body(
                    "PackageChange", Inputs.reason("a larger bonus"), Inputs.base, Inputs.price,
                    Inputs.credits, Inputs.bonus, Inputs.isPopular, Inputs.validFrom,
                    Inputs.wouldBe),
                "Makes a version of the catalog in which a package is another", changePackage),
        ])

    private static func change(
        _ path: String, _ id: String, takes body: Body, _ summary: String,
        _ handler: @escaping CallerHandler
    ) -> Route {
        Route(
            .post, "/api/admin/\(path)", id, by: .operator(.setPrices),
            with: [.path("catalogID", "id"), .neededCommandKey], takes: body,
            answers: [.ok(CatalogReport.self, "Done, done before, or what it would do.")],
            refuses: [.conflict], summary, handler)
    }

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let database = context.database
        let versions = try database.catalogVersions()
        guard let last = versions.first else { throw NotFound() }
        return try .json(
            CatalogAnswer(
                catalog: database.catalog(version: last.version),
                current: database.currentCatalogVersion(), versions: versions))
    }

    private static func changeTier(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        var change = TierChange()
        change.pricePerSecond = body.read(Inputs.pricePerSecond)
        change.costPerSecond = body.read(Inputs.costPerSecond)
        change.name = body.read(Inputs.tierName)?.trimmed
        if let name = change.name, name.visibleCharacters < 1 || !name.isOneLine {
            body.refuse("name", .fieldNeeded)
        }
        change.isEnabled = body.read(Inputs.isEnabled)
        change.isPopular = body.read(Inputs.isPopular)
        let edit = try edit(&body)
        return try .json(
            context.database.changeTier(context.argument(), change, edit, by: actor))
    }

    private static func changePackage(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        var change = PackageChange()
        change.price = body.read(Inputs.price)
        change.credits = body.read(Inputs.credits)
        change.bonus = body.read(Inputs.bonus)
        change.isPopular = body.read(Inputs.isPopular)
        let edit = try edit(&body)
        return try .json(
            context.database.changePackage(context.argument(), change, edit, by: actor))
    }

    private static func edit(_ body: inout FieldReader) throws -> CatalogEdit {
        let base = body.read(Inputs.base)
        let validFrom = body.read(Inputs.validFrom)
        let isRehearsal = body.read(Inputs.wouldBe) ?? false
        try body.finish()
        return CatalogEdit(base: base ?? 0, validFrom: validFrom, isRehearsal: isRehearsal)
    }
}

private struct CatalogAnswer: JSONObject {
    let catalog: Catalog
    let current: Int
    let versions: [CatalogVersion]

    static var schemaName: String? { "Catalog" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CatalogAnswer {
        fields.field("version", "The last one.") { $0.catalog.version }
        fields.field("currentVersion", "The one that orders are taken at.") { $0.current }
        fields.field("tiers", "Also those that are switched off.", example: "[]") {
            $0.catalog.tiers.map(PricedTier.init)
        }
        fields.field("packages", example: "[]") { $0.catalog.packages }
        fields.field("versions", "Newest first.", example: "[]") { $0.versions }
    }
}

/// A tier with what it costs and brings.
private struct PricedTier: JSONObject {
    let tier: Tier

    static var schemaName: String? { "PricedTier" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PricedTier {
        fields.field("id", example: "pro".quoted) { $0.tier.id }
        fields.field("name", example: "Pro".quoted) { $0.tier.name }
        fields.field("model", example: "Kling 2.5 Turbo".quoted) { $0.tier.model }
        fields.field("pricePerSecond", example: "0.372") { $0.tier.pricePerSecond }
        fields.field("costPerSecond", example: "0.12") { $0.tier.costPerSecond }
        fields.field("marginPerSecond", example: "0.252") {
            $0.tier.pricePerSecond - $0.tier.costPerSecond
        }
        fields.field("lengths", "Each with its price, cost and margin.", example: "[]") { priced in
            priced.tier.durations.map { PricedLength(tier: priced.tier, seconds: $0) }
        }
        fields.field("enabled") { $0.tier.isEnabled }
        fields.field("popular") { $0.tier.isPopular }
    }
}

private struct PricedLength: JSONObject {
    let tier: Tier
    let seconds: Int

    static var schemaName: String? { "PricedLength" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PricedLength {
        fields.field("seconds", example: "5") { $0.seconds }
        fields.field("price", example: "1.86") { $0.tier.price(forSeconds: $0.seconds) }
        fields.field("cost", example: "0.6") { $0.tier.cost(forSeconds: $0.seconds) }
        fields.field("margin", example: "1.26") {
            $0.tier.price(forSeconds: $0.seconds) - $0.tier.cost(forSeconds: $0.seconds)
        }
    }
}
