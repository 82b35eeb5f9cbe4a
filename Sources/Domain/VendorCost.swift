/// From how many seconds of a tier's video in a calendar month (UTC) on the vendor takes another
/// rate for the rest of the month, as volume prices go.
package struct CostStep: Hashable, Sendable {
    package let fromSeconds: Int
    package let costPerSecond: Money

    package init(fromSeconds: Int, costPerSecond: Money) {
        self.fromSeconds = fromSeconds
        self.costPerSecond = costPerSecond
    }
}

extension Tier {
    /// What the vendor takes for the next second of a month in which `made` seconds were made.
    package func costPerSecond(after made: Int) -> Money {
        costSteps.last { $0.fromSeconds <= made }?.costPerSecond ?? costPerSecond
    }

    /// What the vendor takes for `seconds` of a month in which `made` seconds were made, rounded half
    /// up to a whole cent: each second at the rate of its step.
    package func cost(forSeconds seconds: Int, after made: Int = 0) -> Money {
        var rest = seconds
        var made = made
        var cost = Money.zero
        while rest > 0 {
            let next = costSteps.first { $0.fromSeconds > made }?.fromSeconds
            let taken = min(rest, next.map { $0 - made } ?? rest)
            cost += costPerSecond(after: made) * taken
            rest -= taken
            made += taken
        }
        return Money(micros: (cost.micros + 5_000) / 10_000 * 10_000)
    }
}
