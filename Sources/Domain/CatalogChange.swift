import Texts

/// What an operator changes of one tier; what is nil stays.
package struct TierChange: Hashable, Sendable {
    package var pricePerSecond: Money?
    package var costPerSecond: Money?
    package var costSteps: [CostStep]?
    package var name: String?
    package var features: [String]?
    /// From 1 on: where it is shown among the tiers.
    package var position: Int?
    package var isEnabled: Bool?
    package var isPopular: Bool?

    package init() {}
}

/// What an operator changes of one package; what is nil stays.
package struct PackageChange: Hashable, Sendable {
    package var price: Money?
    package var credits: Money?
    package var bonus: Money?
    package var isPopular: Bool?
    /// From 1 on: where it is shown among the packages.
    package var position: Int?

    package init() {}
}

extension Tier {
    /// This tier with the change made.
    package func changed(by change: TierChange) -> Tier {
        Tier(
            id: id, name: change.name ?? name, model: model, vendorPath: vendorPath,
            costPerSecond: change.costPerSecond ?? costPerSecond,
            costSteps: change.costSteps ?? costSteps,
            pricePerSecond: change.pricePerSecond ?? pricePerSecond, durations: durations,
            features: change.features ?? features, fields: fields,
            isPopular: change.isPopular ?? isPopular,
            isEnabled: change.isEnabled ?? isEnabled)
    }

    /// What differs, in words for the operator.
    package func differences(from old: Tier) -> [String] {
        var words: [String] = []
        if name != old.name { words.append("name: \(old.name) -> \(name)") }
        if pricePerSecond != old.pricePerSecond {
            words.append(
                "price per second: \(old.pricePerSecond.exact) -> \(pricePerSecond.exact)")
            words += durations.map { seconds in
                "\(seconds) s: \(old.price(forSeconds: seconds)) -> \(price(forSeconds: seconds))"
            }
        }
        if costPerSecond != old.costPerSecond {
            words.append("cost per second: \(old.costPerSecond.exact) -> \(costPerSecond.exact)")
        }
        if costSteps != old.costSteps {
            words.append("cost by volume: \(old.costSteps.inWords) -> \(costSteps.inWords)")
        }
        if features != old.features {
            words.append(
                "words: \(old.features.joined(separator: ", ")) -> "
                    + features.joined(separator: ", "))
        }
        if isEnabled != old.isEnabled { words.append(isEnabled ? "switched on" : "switched off") }
        if isPopular != old.isPopular { words.append(isPopular ? "popular" : "not popular") }
        return words
    }
}

/// A tier that an operator adds by the specification of its model. It is not on sale at first.
package struct NewTier: Hashable, Sendable {
    package let tier: Tier
    private let leftOut: [String]

    package init(
        id: String, name: String, model: String, vendorPath: String, costPerSecond: Money,
        pricePerSecond: Money, features: [String], specification: ModelSpecification
    ) {
        tier = Tier(
            id: id, name: name, model: model, vendorPath: vendorPath,
            costPerSecond: costPerSecond, pricePerSecond: pricePerSecond,
            durations: specification.durations, features: features, fields: specification.fields,
            isPopular: false, isEnabled: false)
        leftOut = specification.leftOut
    }

    /// What it is, in words for the operator.
    package var differences: [String] {
        let modes = [("from words", tier.fields.text), ("from a picture", tier.fields.image)]
        let taken = modes.map { mode, rules in
            guard let rules else { return "\(mode): not offered" }
            let names = VideoDraft.modelFields.compactMap { name in
                rules[name].map { "\(name)\($0.inWords)" }
            }
            return "\(mode): \(names.joined(separator: ", "))"
        }
        let lengths = tier.durations.map { seconds in
            "\(seconds) s: \(tier.price(forSeconds: seconds)), "
                + "cost \(tier.cost(forSeconds: seconds))"
        }
        let rest = leftOut.isEmpty ? [] : ["left to the vendor: \(leftOut.joined(separator: ", "))"]
        return ["new, not on sale: \(tier.name), \(tier.vendorPath)"] + lengths + taken + rest
    }
}

extension FieldRule {
    fileprivate var inWords: String {
        if let words = self.enum { return " (\(words.joined(separator: ", ")))" }
        switch type {
        case .integer: return " (\(minimum ?? 0) to \(maximum ?? 0))"
        case .string: return maxLength.map { " (to \($0))" } ?? ""
        }
    }
}

extension Package {
    /// This package with the change made.
    package func changed(by change: PackageChange) -> Package {
        Package(
            id: id, price: change.price ?? price, credits: change.credits ?? credits,
            bonus: change.bonus ?? bonus, isPopular: change.isPopular ?? isPopular)
    }

    /// What differs, in words for the operator.
    package func differences(from old: Package) -> [String] {
        var words: [String] = []
        if price != old.price { words.append("price: \(old.price) -> \(price)") }
        if credits != old.credits { words.append("credits: \(old.credits) -> \(credits)") }
        if bonus != old.bonus { words.append("bonus: \(old.bonus) -> \(bonus)") }
        if isPopular != old.isPopular { words.append(isPopular ? "popular" : "not popular") }
        return words
    }
}

extension [CostStep] {
    fileprivate var inWords: String {
        guard !isEmpty else { return "none" }
        return map { "\($0.costPerSecond.exact) from \($0.fromSeconds) s a month on" }
            .joined(separator: ", ")
    }
}

extension Money {
    /// Dollars to the micro-dollar: a rate is finer than a cent.
    fileprivate var exact: String { "$\(json)" }
}
