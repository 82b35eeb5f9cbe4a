import Domain
import Testing

/// The tables of tiers, prices and packages.
@Suite struct `L8 price list` {
    private let catalog = SeededCatalog.catalog

    @Test(arguments: [
        ("economy", 5, 1_00), ("economy", 10, 2_00), ("basic", 5, 1_55), ("basic", 10, 3_10),
        ("pro", 5, 1_86), ("pro", 10, 3_72), ("premium", 5, 4_65), ("premium", 10, 9_30),
    ])
    func `a video costs what the price list says, to the cent`(
        tier: String, seconds: Int, cents: Int64
    ) throws {
        let tier = try #require(catalog.tier(tier))
        #expect(tier.price(forSeconds: seconds) == Money(cents: cents))
    }

    @Test(arguments: [
        ("economy", "0.07", "0.2", "0.13"), ("basic", "0.1", "0.31", "0.21"),
        ("pro", "0.12", "0.372", "0.252"), ("premium", "0.3", "0.93", "0.63"),
    ])
    func `a second costs us and earns us what the price list says`(
        tier: String, cost: String, price: String, profit: String
    ) throws {
        let tier = try #require(catalog.tier(tier))
        #expect(tier.costPerSecond.json == cost)
        #expect(tier.pricePerSecond.json == price)
        #expect((tier.pricePerSecond - tier.costPerSecond).json == profit)
    }

    @Test(arguments: [
        ("economy", "Kling 1.6", "kling-ai/kling-v1-6", false, false),
        ("basic", "Pollo 1.6", "pollo/pollo-v1-6", false, false),
        ("pro", "Kling 2.5 Turbo", "kling-ai/kling-v2-5-turbo", false, true),
        ("premium", "Runway Gen-4 Turbo", "runway/runway-gen-4-turbo", true, false),
    ])
    func `a tier is the model that the price list names`(
        tier: String, model: String, path: String, needsImage: Bool, isPopular: Bool
    ) throws {
        let tier = try #require(catalog.tier(tier))
        #expect(tier.model == model)
        #expect(tier.vendorPath == path)
        #expect(tier.requiresImage == needsImage)
        #expect(tier.isPopular == isPopular)
        #expect(tier.durations == [5, 10])
        #expect(tier.isEnabled)
    }

    @Test(arguments: [
        ("starter", 9_99, 10_00, 0), ("standard", 24_99, 25_00, 2_00),
        ("pro", 47_99, 50_00, 5_00), ("enterprise", 89_99, 100_00, 15_00),
    ])
    func `a package gives what the price list says`(
        id: String, price: Int64, credits: Int64, bonus: Int64
    ) throws {
        let package = try #require(catalog.package(id))
        #expect(package.price == Money(cents: price))
        #expect(package.credits == Money(cents: credits))
        #expect(package.bonus == Money(cents: bonus))
        #expect(package.total == Money(cents: credits + bonus))
        #expect(package.isPopular == (id == "pro"))
    }

    @Test func `tiers and packages are shown from the cheapest to the dearest`() {
        #expect(catalog.tiers.map(\.id) == ["economy", "basic", "pro", "premium"])
        #expect(catalog.packages.map(\.id) == ["starter", "standard", "pro", "enterprise"])
        #expect(catalog.tier("platinum") == nil)
        #expect(catalog.package("Starter") == nil)
    }
}
