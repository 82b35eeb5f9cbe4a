package import Domain
import HTTP
import HTTPTypes
package import JSON

/// Kept for a minute by anyone.
let publicCache = "public, max-age=60"

/// What is sold by the second.
enum Tiers {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/tiers", "listTiers", by: .anyone,
                answers: [
                    .ok(List<Tier>.self, "In the order they are shown.", isRevalidated: true)
                ], "The tiers on sale", index)
        ])

    private static func index(_ request: Request, _ context: Context) throws -> Response {
        let tiers = try context.site.catalog().tiers.filter(\.isEnabled)
        return .json(List(items: tiers)).revalidated(for: request, cacheControl: publicCache)
    }
}

/// What is sold as credit.
enum Packages {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/credits/packages", "listPackages", by: .anyone,
                answers: [
                    .ok(List<Package>.self, "In the order they are shown.", isRevalidated: true)
                ], "The packages of credit on sale", index)
        ])

    private static func index(_ request: Request, _ context: Context) throws -> Response {
        try Response.json(List(items: context.site.catalog().packages))
            .revalidated(for: request, cacheControl: publicCache)
    }
}

extension Package: JSONObject {
    package static var schemaName: String? { "Package" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Package {
        fields.field("id", example: "pro".quoted) { $0.id }
        fields.field("price", "What is paid.", example: "47.99") { $0.price }
        fields.field("credits", example: "50") { $0.credits }
        fields.field("bonus", example: "5") { $0.bonus }
        fields.field("total", "Credits and bonus.", example: "55") { $0.total }
        fields.field("popular", example: "true") { $0.isPopular }
    }
}

extension Tier: JSONObject {
    package static var schemaName: String? { "Tier" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Tier {
        fields.field("id", example: "pro".quoted) { $0.id }
        fields.field("name", example: "Pro".quoted) { $0.name }
        fields.field("model", example: "Kling 2.5 Turbo".quoted) { $0.model }
        fields.field("pricePerSecond", example: "0.372") { $0.pricePerSecond }
        fields.field("prices", "By the length in seconds.") { TierPrices(tier: $0) }
        fields.field("durations", "In seconds.", example: "[5,10]") { $0.durations }
        fields.field("requiresImage") { $0.requiresImage }
        fields.field("features", example: #"["Director-level cinematics"]"#) { $0.features }
        fields.field("popular", example: "true") { $0.isPopular }
        fields.field("fields", "What an order may hold, by its mode.") { $0.fields }
    }
}

/// The prices of a tier's lengths.
private struct TierPrices: JSONField {
    let tier: Tier

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for duration in tier.durations {
            json.key(String(duration))
            tier.price(forSeconds: duration).write(to: &json)
        }
        json.endObject()
    }

    static func schema(_ schemas: inout Schemas) -> Schema {
        .map(of: Money.schema(&schemas))
    }

    static var example: String { #"{"5":1.86,"10":3.72}"# }
}

extension TierFields: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == TierFields {
        fields.field("text", "Without an image.", example: ModeFields.example) {
            $0.text.map(ModeFields.init)
        }
        fields.field("image", "With one; null: that is not offered.") {
            $0.image.map(ModeFields.init)
        }
    }
}

/// The fields of a mode, by name.
private struct ModeFields: JSONField {
    let rules: [String: FieldRule]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for name in VideoDraft.modelFields {
            guard let rule = rules[name] else { continue }
            json.key(name)
            rule.write(to: &json)
        }
        json.endObject()
    }

    static func schema(_ schemas: inout Schemas) -> Schema {
        .map(of: FieldRule.schema(&schemas))
    }

    static var example: String {
        #"{"prompt":{"type":"string","required":true,"minLength":3,"maxLength":1000}}"#
    }
}
