import Texts

/// What an operator changes of one tier; what is nil stays.
package struct TierChange: Hashable, Sendable {
    package var pricePerSecond: Money?
    package var costPerSecond: Money?
    package var name: String?
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

    package init() {}
}

extension Tier {
    /// This tier with the change made.
    package func changed(by change: TierChange) -> Tier {
        Tier(
            id: id, name: change.name ?? name, model: model, vendorPath: vendorPath,
            costPerSecond: change.costPerSecond ?? costPerSecond,
            pricePerSecond: change.pricePerSecond ?? pricePerSecond, durations: durations,
            features: features, fields: fields, isPopular: change.isPopular ?? isPopular,
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
        if isEnabled != old.isEnabled { words.append(isEnabled ? "switched on" : "switched off") }
        if isPopular != old.isPopular { words.append(isPopular ? "popular" : "not popular") }
        return words
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

extension Money {
    /// Dollars to the micro-dollar: a rate is finer than a cent.
    fileprivate var exact: String { "$\(json)" }
}
