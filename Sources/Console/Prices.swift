import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// What is sold at which price: the catalog, its versions, and changes of it, each a version of its
/// own. What was ordered keeps its price.
enum Prices {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/catalog", "showCatalog", by: .operator(.readMoney),
                answers: [
                    .ok(CatalogAnswer.self, "The last version, be it valid yet or not.")
                ], "What is sold at which price and cost, with its versions", show),
            change(
                "tiers/:id", "changeTier",
                takes: Body(
                    "TierChange", Inputs.reason("the vendor raised its price"), Inputs.base,
                    Inputs.pricePerSecond, Inputs.costPerSecond, Inputs.costSteps, Inputs.tierName,
                    Inputs.features, Inputs.position, Inputs.isEnabled, Inputs.isPopular,
                    Inputs.validFrom, Inputs.wouldBe),
                "Makes a version of the catalog in which a tier is another", changeTier),
            change(
                "packages/:id", "changePackage",
                takes: Body(
                    "PackageChange", Inputs.reason("a larger bonus"), Inputs.base, Inputs.price,
                    Inputs.credits, Inputs.bonus, Inputs.position, Inputs.isPopular,
                    Inputs.validFrom, Inputs.wouldBe),
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
                current: database.currentCatalogVersion(), versions: versions,
                trials: database.tierTrials(), secondsMade: database.secondsMadeThisMonth()))
    }

    private static func changeTier(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        var change = TierChange()
        change.pricePerSecond = body.read(Inputs.pricePerSecond)
        change.costPerSecond = body.read(Inputs.costPerSecond)
        change.costSteps = body.read(Inputs.costSteps)
        change.features = body.read(Inputs.features)
        change.position = body.read(Inputs.position)
        change.name = body.read(Inputs.tierName)?.trimmed
        if let name = change.name, name.visibleCharacters < 1 || !name.isOneLine {
            body.refuse("name", .fieldNeeded)
        }
        change.isEnabled = body.read(Inputs.isEnabled)
        change.isPopular = body.read(Inputs.isPopular)
        let edit = try CatalogEdit(&body)
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
        change.position = body.read(Inputs.position)
        change.isPopular = body.read(Inputs.isPopular)
        let edit = try CatalogEdit(&body)
        return try .json(
            context.database.changePackage(context.argument(), change, edit, by: actor))
    }
}

extension CatalogEdit {
    /// Reads what every change of the catalog says, and throws when anything of the body was refused.
    init(_ body: inout FieldReader) throws {
        let base = body.read(Inputs.base)
        let validFrom = body.read(Inputs.validFrom)
        let isRehearsal = body.read(Inputs.wouldBe) ?? false
        try body.finish()
        self.init(base: base ?? 0, validFrom: validFrom, isRehearsal: isRehearsal)
    }
}
