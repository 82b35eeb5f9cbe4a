package import JSON

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

extension CostStep: JSONObject {
    package static var schemaName: String? { "CostStep" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == CostStep {
        fields.field("fromSeconds", "Of the tier's video in a month (UTC).", example: "10000") {
            $0.fromSeconds
        }
        fields.field("costPerSecond", "From there on.", example: "0.1") { $0.costPerSecond }
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

extension FieldRule.Kind: JSONWord {
    package static var allCases: [FieldRule.Kind] { [.string, .integer] }
}

/// In the catalog `required` stands with the field, since there is no object around it that could
/// carry the list.
extension FieldRule: JSONObject {
    package static var schemaName: String? { "Field" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == FieldRule {
        fields.field("type") { $0.type }
        fields.field("required") { $0.required }
        fields.optional("minLength", "Characters that can be seen.") { $0.minLength }
        fields.optional("maxLength", "UTF-16 code units.") { $0.maxLength }
        fields.optional("minimum") { $0.minimum.map { Int($0) } }
        fields.optional("maximum") { $0.maximum.map { Int($0) } }
        fields.optional("enum") { $0.enum }
        fields.optional("default") { DefaultValue.init($0) }
        fields.optional("format") { $0.format }
    }
}

/// What is taken when a field is left out: a number or text.
struct DefaultValue: JSONField {
    let json: String

    init?(_ rule: FieldRule) {
        guard let value = rule.default else { return nil }
        json = rule.type == .integer ? value : value.quoted
    }

    func write(to json: inout JSONWriter) { json.literal(self.json) }

    static func schema(_ schemas: inout Schemas) -> Schema {
        Schema(["type": #"["string","integer"]"#])
    }

    static var example: String { "std".quoted }
}
