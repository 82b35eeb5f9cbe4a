import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// New tiers, from any model of the vendor's by its specification: added, tried, and then sold.
enum Tiers {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .post, "/api/admin/tiers", "addTier", by: .operator(.setPrices),
                with: [.neededCommandKey],
                takes: Body(
                    "NewTier", Inputs.reason("the vendor has a new model"), Inputs.base,
                    Inputs.tierID, Inputs.newName, Inputs.model, Inputs.vendorPath,
                    Inputs.newCost, Inputs.newPrice, Inputs.features, Inputs.specification,
                    Inputs.validFrom, Inputs.wouldBe),
                answers: [.ok(CatalogReport.self, "Done, done before, or what it would do.")],
                refuses: [.conflict],
                "Makes a version of the catalog with one tier more, which is not on sale", add),
            Route(
                .post, "/api/admin/tiers/:id/trial", "tryTier", by: .operator(.setPrices),
                with: [.path("catalogID", "id"), .neededCommandKey],
                takes: Body(
                    "TierTrial", Inputs.reason("before it is sold"), Inputs.trialPrompt,
                    Inputs.trialImage, Inputs.trialSeconds),
                answers: [.accepted(Acceptance.self, "Charged to the operator, and queued.")],
                refuses: [
                    .insufficientCredits, .accountHeld, .intakeStopped, .paused, .conflict,
                    .rateLimited,
                ],
                "Orders one video of a tier that is not on sale, from the operator's credit",
                tryOut),
        ])

    /// 400 names every field that is wrong, and what of the specification cannot be sold.
    private static func add(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        let id = body.needed(Inputs.tierID)
        let name = body.needed(Inputs.newName)
        let model = body.needed(Inputs.model)
        let path = body.needed(Inputs.vendorPath)
        let cost = body.needed(Inputs.newCost)
        let price = body.needed(Inputs.newPrice)
        let features = body.read(Inputs.features) ?? []
        let specification = body.needed(Inputs.specification)
        let edit = try CatalogEdit(&body)
        guard let id, let name, let model, let path, let cost, let price, let specification else {
            throw InvalidInput([])
        }
        let tier = NewTier(
            id: id, name: name, model: model, vendorPath: path, costPerSecond: cost,
            pricePerSecond: price, features: features, specification: specification)
        return try .json(context.database.addTier(tier, edit, by: actor))
    }

    /// The same key orders once. 409 for a tier that is on sale.
    private static func tryOut(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        let database = context.database
        guard let last = try database.catalogVersions().first,
            let tier = try database.catalog(version: last.version).tier(context.argument())
        else { throw NotFound() }
        guard !tier.isEnabled else { throw Conflict(.tierOnSale) }
        var body = context.body.reader
        var order = tier.plainOrder(
            prompt: body.read(Inputs.trialPrompt)?.trimmed, image: body.read(Inputs.trialImage),
            seconds: body.read(Inputs.trialSeconds))
        try body.finish()
        order = try context.withPictures(order, of: caller)
        let catalog = Catalog(version: last.version, tiers: [tier.onSale], packages: [])
        let draft = try VideoDraft(.object(order), catalog: catalog, own: context.settings.origin)
        let key = try context.request.clientKey(body: context.body.bytes, of: caller)
        return try .json(
            database.acceptTrial(
                Videos.order(of: draft, at: last.version, context), from: caller.account,
                by: caller.person().id, key: key, limit: context.settings.generateLimit,
                queueDeadline: context.settings.deadlines.queue, as: actor
            ).stored)
    }
}

extension Tier {
    fileprivate var onSale: Tier {
        var change = TierChange()
        change.isEnabled = true
        return changed(by: change)
    }

    /// The members of an order that says no more than it has to.
    fileprivate func plainOrder(
        prompt: String?, image: String?, seconds: Int?
    ) -> [String: JSONValue] {
        let rules = (image == nil ? fields.text : fields.image) ?? [:]
        var order: [String: JSONValue] = [
            "tier": .string(id), "prompt": .string(prompt ?? "A paper boat sails down a street"),
            "duration": .integer(Int64(seconds ?? durations.first ?? 5)),
        ]
        order["image"] = image.map(JSONValue.string)
        for (name, rule) in rules where rule.required && order[name] == nil {
            if let word = rule.enum?.first { order[name] = .string(word) }
            if rule.type == .integer { order[name] = .integer(rule.minimum ?? 0) }
        }
        return order
    }
}
