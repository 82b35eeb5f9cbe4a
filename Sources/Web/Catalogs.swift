import Domain
import HTTP
import JSON

/// Kept for a minute by anyone.
let publicCache = "public, max-age=60"

/// What is sold by the second.
enum Tiers {
    /// `GET /api/tiers`: `{items}` with prices, lengths and the fields of each mode; cacheable.
    static func index(_ request: Request, _ context: Context) throws -> Response {
        let tiers = try context.site.catalog().tiers.filter(\.isEnabled)
        let response = Response.json { json in
            json.key("items")
            json.beginArray()
            for tier in tiers { json.write(tier) }
            json.endArray()
        }
        return response.revalidated(for: request, cacheControl: publicCache)
    }
}

/// What is sold as credit.
enum Packages {
    /// `GET /api/credits/packages`: `{items}`; cacheable.
    static func index(_ request: Request, _ context: Context) throws -> Response {
        let packages = try context.site.catalog().packages
        let response = Response.json { json in
            json.key("items")
            json.beginArray()
            for package in packages {
                json.beginObject()
                json.member("id", package.id)
                json.member("price", package.price)
                json.member("credits", package.credits)
                json.member("bonus", package.bonus)
                json.member("total", package.total)
                json.member("popular", package.isPopular)
                json.endObject()
            }
            json.endArray()
        }
        return response.revalidated(for: request, cacheControl: publicCache)
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ tier: Tier) {
        beginObject()
        member("id", tier.id)
        member("name", tier.name)
        member("model", tier.model)
        member("pricePerSecond", tier.pricePerSecond)
        key("prices")
        beginObject()
        for duration in tier.durations {
            key(String(duration))
            literal(tier.price(forSeconds: duration).json)
        }
        endObject()
        key("durations")
        beginArray()
        for duration in tier.durations { integer(duration) }
        endArray()
        member("requiresImage", tier.requiresImage)
        key("features")
        beginArray()
        for feature in tier.features { string(feature) }
        endArray()
        member("popular", tier.isPopular)
        key("fields")
        beginObject()
        write("text", tier.fields.text)
        write("image", tier.fields.image)
        endObject()
        endObject()
    }

    private mutating func write(_ mode: StaticString, _ rules: [String: FieldRule]?) {
        key(mode)
        guard let rules else { return null() }
        beginObject()
        for name in VideoDraft.modelFields {
            guard let rule = rules[name] else { continue }
            key(name)
            schema(of: rule, withRequired: true)
        }
        endObject()
    }

    /// A rule in the words of JSON Schema; `required` stands with the field where there is no
    /// object around it to carry the list.
    mutating func schema(of rule: FieldRule, withRequired: Bool) {
        beginObject()
        member("type", rule.type.rawValue)
        if withRequired { member("required", rule.required) }
        if let value = rule.minLength { member("minLength", value) }
        if let value = rule.maxLength { member("maxLength", value) }
        if let value = rule.minimum { member("minimum", Int(value)) }
        if let value = rule.maximum { member("maximum", Int(value)) }
        if let values = rule.enum {
            key("enum")
            beginArray()
            for value in values { string(value) }
            endArray()
        }
        if let value = rule.default {
            key("default")
            if rule.type == .integer { literal(value) } else { string(value) }
        }
        if let value = rule.format { member("format", value) }
        if !withRequired, let words = rule.lengthInWords { member("description", words) }
        endObject()
    }
}

extension FieldRule {
    /// What JSON Schema cannot say: it counts code points.
    fileprivate var lengthInWords: String? {
        let least = minLength.map { "at least \($0) characters that can be seen" }
        let most = maxLength.map { "at most \($0) UTF-16 code units" }
        let words = [least, most].compactMap { $0 }.joined(separator: ", ")
        return words.isEmpty ? nil : "Without white space at its ends: \(words)."
    }
}
