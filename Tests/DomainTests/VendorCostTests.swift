import Domain
import Testing

/// What the vendor takes, by the volume of a month.
@Suite struct `Vendor cost` {
    private let tier: Tier = {
        var change = TierChange()
        change.costPerSecond = Money(micros: 120_000)
        change.costSteps = [
            CostStep(fromSeconds: 100, costPerSecond: Money(micros: 100_000)),
            CostStep(fromSeconds: 1000, costPerSecond: Money(micros: 80_000)),
        ]
        return SeededCatalog.catalog.tiers[0].changed(by: change)
    }()

    @Test(arguments: [
        (0, 5, 60), (94, 5, 60), (95, 5, 60), (96, 5, 58), (99, 5, 52), (100, 5, 50), (999, 2, 18),
        (1000, 5, 40), (5_000_000, 10, 80), (0, 2000, 1200 + 9000 + 8000), (0, 0, 0),
    ])
    func `each second costs what its step says`(made: Int, seconds: Int, cents: Int) {
        #expect(tier.cost(forSeconds: seconds, after: made) == Money(cents: Int64(cents)))
    }

    @Test func `without steps a second costs the same always, to the cent`() {
        let plain = SeededCatalog.catalog.tiers[0]
        for made in [0, 7, 1_000_000] {
            #expect(plain.cost(forSeconds: 5, after: made) == Money(cents: 35))
            #expect(plain.costPerSecond(after: made) == plain.costPerSecond)
        }
        var change = TierChange()
        change.costPerSecond = Money(micros: 333_333)
        #expect(plain.changed(by: change).cost(forSeconds: 5) == Money(cents: 167))
    }

    @Test func `steps are told in words`() {
        var change = TierChange()
        change.costSteps = []
        #expect(
            tier.changed(by: change).differences(from: tier) == [
                "cost by volume: $0.1 from 100 s a month on, $0.08 from 1000 s a month on -> none"
            ])
    }
}
