package import Addresses
package import JSON
package import Texts

/// A validated order for one to four videos of one tier. Nothing in it needs to be checked again.
package struct VideoDraft: Hashable, Sendable {
    package let tier: Tier
    /// Why `auto` chose the tier; nil when the person chose it.
    package let reason: Phrase?
    package let duration: Int
    package let count: Int
    /// How long nothing is sent to the vendor, so that it can be taken back.
    package let undoSeconds: Int
    package let settings: VideoSettings
    package let webhookURL: String?
    /// What the person was told that all of it costs; nil when they did not say.
    package let quotedPrice: Money?

    package var price: Money { tier.price(forSeconds: duration) }
    package var total: Money { price * count }
}

/// What is asked of the model, beside the length.
package struct VideoSettings: Hashable, Sendable {
    package var prompt: String
    package var negativePrompt: String?
    package var image: String?
    package var imageTail: String?
    package var aspectRatio: String?
    package var resolution: String?
    package var mode: String?
    package var strength: Int?
    package var seed: Int?

    package init(prompt: String) {
        self.prompt = prompt
    }
}

/// Which form of a request is judged: a quote asks for less than an order.
package enum DraftPurpose: Sendable {
    case order
    /// Only `tier` and `duration` are needed; what else is given must be right.
    case quote
}

extension VideoDraft {
    /// The fields that a model may take, in the order in which they are sent and shown.
    package static let modelFields = [
        "prompt", "negativePrompt", "image", "imageTail", "aspectRatio", "resolution", "mode",
        "strength", "seed",
    ]
    package static let count = Input.integer("count", in: 1...4, default: 1)
    /// How long an order may wait to be taken back, in seconds.
    package static let undoRange = 0...30
    package static let undoSeconds = Input.integer(
        "undoSeconds",
        "For so long nothing is sent, and the order can be taken back for certain.",
        in: undoRange, default: 0)
    package static let webhookURL = Input.text(
        "webhookUrl", atMost: 2000, format: "uri", isRequired: false)
    package static let price = Input<Money>(
        "price",
        "What the quote said of all of it: the order is refused when it costs something else by now.",
        as: .dollars, isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if let money = Money(value), money > .zero, money.cents != nil { return money }
        reader.refuse(name, .centsMalformed)
        return nil
    }
    private static let orderFields: Set<String> = [
        "tier", "duration", count.about.name, webhookURL.about.name, price.about.name,
        undoSeconds.about.name,
    ]

    /// Judges `body` by `catalog`, or throws ``InvalidInput`` naming every bad field at once.
    ///
    /// - Parameter own: our own origin, whose pictures are taken wherever it is.
    package init(
        _ body: JSONValue, catalog: Catalog, for purpose: DraftPurpose = .order,
        own: Origin? = nil
    ) throws {
        guard case .object(let members) = body else {
            throw InvalidInput("body", .sendObject)
        }
        var reader = FieldReader(members)
        reader.exceptOrigins = own.map { [$0] } ?? []

        for name in members.keys.sorted()
        where !Self.orderFields.contains(name) && !Self.modelFields.contains(name) {
            reader.refuse(name, .fieldUnknown)
        }
        let duration = Self.duration(&reader, catalog: catalog)
        let count = reader.read(Self.count) ?? 1
        let undoSeconds = reader.read(Self.undoSeconds) ?? 0
        let webhookURL = reader.read(Self.webhookURL).flatMap {
            reader.publicAddress("webhookUrl", $0)
        }

        let quotedPrice = reader.read(Self.price)

        let chosen = Self.tier(&reader, catalog: catalog, duration: duration)
        var settings = VideoSettings(prompt: "")
        if let tier = chosen?.tier {
            if let duration, !tier.durations.contains(duration) {
                Self.refuseDuration(&reader, tier.durations)
            }
            settings = Self.settings(&reader, tier: tier, purpose: purpose)
        } else {
            // Without a tier the fields can still be judged by what holds for every tier.
            settings = Self.settings(&reader, rules: Self.commonRules, of: nil, purpose: purpose)
        }
        try reader.finish()
        guard let chosen, let duration else { throw InvalidInput("tier", .tierNeeded) }
        tier = chosen.tier
        reason = chosen.reason
        self.duration = duration
        self.count = count
        self.undoSeconds = undoSeconds
        self.settings = settings
        self.webhookURL = webhookURL
        self.quotedPrice = quotedPrice
    }

    private static func refuseDuration(_ reader: inout FieldReader, _ durations: [Int]) {
        reader.refuse(
            "duration", .durationToChoose, ["durations": .either(durations.map(String.init))])
    }

    private static func duration(_ reader: inout FieldReader, catalog: Catalog) -> Int? {
        let all = Set(catalog.tiers.flatMap(\.durations)).sorted()
        guard let value = reader.value("duration") else {
            refuseDuration(&reader, all)
            return nil
        }
        guard case .integer(let seconds) = value, let duration = Int(exactly: seconds),
            all.contains(duration)
        else {
            refuseDuration(&reader, all)
            return nil
        }
        return duration
    }

    /// The tier named, or for `auto` the cheapest one that takes every field that is given.
    private static func tier(
        _ reader: inout FieldReader, catalog: Catalog, duration: Int?
    ) -> (tier: Tier, reason: Phrase?)? {
        let enabled = catalog.tiers.filter(\.isEnabled)
        let names = Phrase.Value.list(enabled.map(\.id))
        guard let id = reader.string("tier", maxLength: 64) else {
            if !reader.isRefused("tier") {
                reader.refuse("tier", .chooseTier, ["tiers": names])
            }
            return nil
        }
        if id != "auto" {
            if let tier = enabled.first(where: { $0.id == id }) { return (tier, nil) }
            reader.refuse("tier", .tierUnknownChoose, ["tiers": names])
            return nil
        }
        let asked = modelFields.filter { reader.value($0) != nil }
        let hasImage = asked.contains("image")
        let values = reader
        func able(without left: String? = nil) -> [Tier] {
            enabled.filter { tier in
                guard let rules = hasImage ? tier.fields.image : tier.fields.text,
                    duration.map(tier.durations.contains) ?? true
                else { return false }
                return asked.allSatisfy { name in
                    guard name != left else { return true }
                    guard let rule = rules[name] else { return false }
                    guard let allowed = rule.enum, let value = values.value(name)?.string else {
                        return true
                    }
                    return allowed.contains(value)
                }
            }
        }
        let settings = asked.filter { $0 != "prompt" && $0 != "image" }
        guard let cheapest = able().min(by: { $0.pricePerSecond < $1.pricePerSecond }) else {
            let spare = settings.filter { !able(without: $0).isEmpty }
            reader.refuse(
                "tier", .tierForAllMissing,
                ["settings": spare.isEmpty ? .phrase(Phrase(.someSettings)) : .either(spare)])
            return nil
        }
        let source = Phrase.Value.phrase(Phrase(hasImage ? .fromImage : .fromText))
        let name = Phrase.Value.text(cheapest.name)
        let reason =
            settings.isEmpty
            ? Phrase(.cheapestTier, ["tier": name, "source": source])
            : Phrase(
                .cheapestTierTaking,
                ["tier": name, "source": source, "settings": .list(settings)])
        return (cheapest, reason)
    }

    private static func settings(
        _ reader: inout FieldReader, tier: Tier, purpose: DraftPurpose
    ) -> VideoSettings {
        let hasImage = reader.value("image") != nil
        if !hasImage, tier.requiresImage, let rules = tier.fields.image {
            if purpose == .order {
                reader.refuse("image", .imageNeeded, ["tier": .text(tier.name)])
            }
            return settings(&reader, rules: rules, of: tier, purpose: purpose)
        }
        guard let rules = hasImage ? tier.fields.image : tier.fields.text else {
            reader.refuse("image", .imageNotTaken, ["tier": .text(tier.name)])
            return VideoSettings(prompt: "")
        }
        return settings(&reader, rules: rules, of: tier, purpose: purpose, image: hasImage)
    }

    private static func settings(
        _ reader: inout FieldReader, rules: [String: FieldRule], of tier: Tier?,
        purpose: DraftPurpose, image hasImage: Bool = true
    ) -> VideoSettings {
        for name in modelFields where rules[name] == nil && reader.value(name) != nil {
            let other = (hasImage ? tier?.fields.text : tier?.fields.image)?[name]
            let named = tier.map { Phrase.Value.text($0.name) } ?? .phrase(Phrase(.thisTier))
            let problem: Phrase.Name =
                other == nil
                ? .fieldNotTaken : hasImage ? .fieldNotTakenWithImage : .fieldNotTakenWithoutImage
            reader.refuse(name, problem, ["tier": named])
        }
        func text(_ name: String) -> String? {
            guard let rule = rules[name] else { return nil }
            return reader.text(name, rule: rule, isRequired: rule.required && purpose == .order)
        }
        func number(_ name: String) -> Int? {
            guard let rule = rules[name] else { return nil }
            return reader.integer(name, in: Int(rule.minimum ?? .min)...Int(rule.maximum ?? .max))
        }
        var settings = VideoSettings(prompt: text("prompt") ?? "")
        settings.negativePrompt = text("negativePrompt")
        settings.image = text("image")
        settings.imageTail = text("imageTail")
        settings.aspectRatio = text("aspectRatio")
        settings.resolution = text("resolution")
        settings.mode = text("mode")
        settings.strength = number("strength")
        settings.seed = number("seed")
        return settings
    }

    /// What holds for a prompt whatever the tier, so that it is judged although the tier is wrong.
    private static let commonRules: [String: FieldRule] = {
        func text(
            _ minimum: Int?, _ maximum: Int?, _ required: Bool, _ format: String?
        ) -> FieldRule {
            FieldRule(
                type: .string, required: required, minLength: minimum, maxLength: maximum,
                minimum: nil, maximum: nil, enum: nil, default: nil, format: format,
                alwaysSent: nil)
        }
        func number() -> FieldRule {
            FieldRule(
                type: .integer, required: false, minLength: nil, maxLength: nil, minimum: nil,
                maximum: nil, enum: nil, default: nil, format: nil, alwaysSent: nil)
        }
        return [
            "prompt": text(3, 1000, true, nil), "negativePrompt": text(nil, 500, false, nil),
            "image": text(nil, 2000, false, "uri"), "imageTail": text(nil, 2000, false, "uri"),
            "aspectRatio": text(nil, 16, false, nil), "resolution": text(nil, 16, false, nil),
            "mode": text(nil, 16, false, nil), "strength": number(), "seed": number(),
        ]
    }()
}

extension Video {
    /// The body of an order for the same again.
    package var order: JSONValue {
        var members: [String: JSONValue] = [
            "tier": .string(tierID), "duration": .integer(Int64(duration)),
            "prompt": .string(settings.prompt),
        ]
        let texts = [
            "negativePrompt": settings.negativePrompt, "image": settings.image,
            "imageTail": settings.imageTail, "aspectRatio": settings.aspectRatio,
            "resolution": settings.resolution, "mode": settings.mode,
        ]
        for (name, text) in texts { members[name] = text.map(JSONValue.string) }
        let numbers = ["strength": settings.strength, "seed": settings.seed]
        for (name, number) in numbers { members[name] = number.map { .integer(Int64($0)) } }
        return .object(members)
    }
}
