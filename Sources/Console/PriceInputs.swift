import Domain
import FoundationEssentials
import JSON
import Texts

extension Inputs {
    static let base = Input<Int>(
        "version", "The last version, as it was looked at.", as: .integer(in: 1...1_000_000),
        example: "1"
    ) { reader, name in
        if let version = reader.integer(name, in: 1...1_000_000) { return version }
        if !reader.isRefused(name) { reader.refuse(name, .fieldNeeded) }
        return nil
    }
    static let validFrom = Input<Date>(
        "validFrom", "From when; left out: at once.", as: .text(format: "date-time"),
        isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if let date = value.string.flatMap({ Date(iso8601: $0) }) { return date }
        reader.refuse(name, .timeMalformed)
        return nil
    }
    static let wouldBe = Input.flag(
        "dryRun", "Tell what it would change, and change nothing.")
    static let tierName = Input.text("name", atMost: 100, isRequired: false)
    static let pricePerSecond = rate("pricePerSecond", least: Money(micros: 1))
    static let costPerSecond = rate("costPerSecond", least: .zero)
    static let price = amount("price", least: Money(cents: 1))
    static let credits = amount("credits", least: Money(cents: 1))
    static let bonus = amount("bonus", least: .zero)
    static let position = Input<Int>(
        "position", "Its place among the others, from 1 on.", as: .integer(in: 1...100),
        isRequired: false
    ) { $0.integer($1, in: 1...100) }
    static let costSteps = Input<[CostStep]>(
        "costSteps",
        "What a second costs once so many seconds were made in a month (UTC), by rising seconds.",
        as: .array(
            of: .object(
                [
                    ("fromSeconds", .integer(in: 1...1_000_000_000)), ("costPerSecond", .dollars),
                ], required: ["fromSeconds", "costPerSecond"])), isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        let steps = value.array?.map(CostStep.init)
        if let steps = steps?.compactMap(\.self), steps.count == value.array?.count,
            steps.count <= 10,
            zip(steps, steps.dropFirst()).allSatisfy({ $0.fromSeconds < $1.fromSeconds })
        {
            return steps
        }
        reader.refuse(name, .costStepsMalformed)
        return nil
    }
    static let isEnabled = toggle("enabled", "Whether it is sold.")
    static let isPopular = toggle("popular", "The one that is marked.")

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

extension CostStep {
    /// Nil when it is none, or holds anything else.
    fileprivate init?(_ json: JSONValue) {
        guard case .object(let members) = json, members.count == 2,
            case .integer(let seconds)? = members["fromSeconds"],
            (1...1_000_000_000).contains(seconds),
            let cost = members["costPerSecond"].flatMap({ Money($0) }),
            (.zero...Money(cents: 10_000)).contains(cost)
        else { return nil }
        self.init(fromSeconds: Int(seconds), costPerSecond: cost)
    }
}
