package import JSON

/// What an order, or what is asked of one, may hold: a form for each tier and mode that is on sale,
/// and for `auto` what any of them takes.
package struct OrderForm {
    private let title: String
    private let tier: String
    private let durations: [Int]
    /// Of the tier, or of each tier that may be chosen.
    private let rules: [[String: FieldRule]]
    private let purpose: DraftPurpose
    /// Without another mode, nothing needs to tell a quote for this one.
    private var isOnlyMode = false

    /// The schema of an order's body.
    package static func schema(_ catalog: Catalog, for purpose: DraftPurpose) -> Schema {
        .oneOf(all(catalog, purpose).map(\.schema))
    }

    private static func all(_ catalog: Catalog, _ purpose: DraftPurpose) -> [OrderForm] {
        let tiers = catalog.tiers.filter(\.isEnabled)
        let named = tiers.flatMap { tier in
            [
                tier.fields.text.map { rules in
                    OrderForm(
                        title: "\(tier.name), from text", tier: tier.id,
                        durations: tier.durations, rules: [rules], purpose: purpose)
                },
                tier.fields.image.map { rules in
                    OrderForm(
                        title: "\(tier.name), from an image", tier: tier.id,
                        durations: tier.durations, rules: [rules], purpose: purpose,
                        isOnlyMode: tier.requiresImage)
                },
            ].compactMap { $0 }
        }
        let durations = Set(tiers.flatMap(\.durations)).sorted()
        let modes = [
            ("The cheapest tier, from text", tiers.compactMap(\.fields.text)),
            ("The cheapest tier, from an image", tiers.compactMap(\.fields.image)),
        ]
        return named
            + modes.filter { !$0.1.isEmpty }.map { title, rules in
                OrderForm(
                    title: title, tier: "auto", durations: durations, rules: rules,
                    purpose: purpose)
            }
    }

    private var schema: Schema {
        let duration = Schema.type("integer").with("enum", "\(durations)").says("Seconds.")
        let given = VideoDraft.modelFields.compactMap { name -> (String, Schema)? in
            let rules = self.rules(of: name)
            guard let first = rules.first else { return nil }
            return (name, rules.count > 1 ? .anyOf(rules.map(\.schema)) : first.schema)
        }
        var properties = [("tier", Schema.constant(tier.quoted)), ("duration", duration)]
        properties += given
        let own = [
            VideoDraft.count.about, VideoDraft.webhookURL.about, VideoDraft.price.about,
            VideoDraft.undoSeconds.about,
        ]
        properties += own.map { ($0.name, $0.schema) }
        return Schema.object(properties, required: required)
            .with("title", title.quoted).with("additionalProperties", "false")
    }

    /// The different rules for a field.
    private func rules(of name: String) -> [FieldRule] {
        rules.compactMap { $0[name] }.reduce(into: []) { found, rule in
            if !found.contains(rule) { found.append(rule) }
        }
    }

    private var required: [String] {
        let needed = VideoDraft.modelFields.filter { name in
            guard rules.allSatisfy({ $0[name]?.required == true }) else { return false }
            switch purpose {
            case .order: return true
            case .quote: return name == "image" && !isOnlyMode
            }
        }
        return ["tier", "duration"] + needed
    }
}

extension FieldRule {
    fileprivate var schema: Schema {
        Schema.type(type.rawValue)
            .with("minLength", minLength?.description).with("maxLength", maxLength?.description)
            .with("minimum", minimum?.description).with("maximum", maximum?.description)
            .with("enum", self.enum.map { Schema.words($0) }?.members.first?.value)
            .with("default", DefaultValue(self)?.json)
            .with("format", format?.quoted).says(lengthInWords)
    }

    /// What JSON Schema cannot say: it counts code points.
    private var lengthInWords: String? {
        let least = minLength.map { "at least \($0) characters that can be seen" }
        let most = maxLength.map { "at most \($0) UTF-16 code units" }
        let words = [least, most].compactMap { $0 }.joined(separator: ", ")
        return words.isEmpty ? nil : "Without white space at its ends: \(words)."
    }
}
