import Domain
import FoundationEssentials
import Testing

private func purchase(_ price: Int64, credits: Int64, bonus: Int64) -> Purchase {
    Purchase(
        id: PurchaseID(at: Date(timeIntervalSince1970: 0), random: (1, 2)),
        accountID: AccountID(at: Date(timeIntervalSince1970: 0), random: (5, 6)),
        userID: UserID(at: Date(timeIntervalSince1970: 0), random: (3, 4)), packageID: "test",
        price: Money(cents: price), credits: Money(cents: credits), bonus: Money(cents: bonus),
        state: .paid, sessionID: nil, checkoutURL: nil, isLive: false,
        createdAt: Date(timeIntervalSince1970: 0), paidAt: Date(timeIntervalSince1970: 0))
}

/// The four packages.
private let packages = [
    purchase(999, credits: 1000, bonus: 0), purchase(2499, credits: 2500, bonus: 200),
    purchase(4799, credits: 5000, bonus: 500), purchase(8999, credits: 10_000, bonus: 1500),
]

@Suite struct `P3 the credit that goes with money` {
    @Test(arguments: packages)
    func `credit for every cent is the proportion, bonus included, rounded half up to the cent`(
        order: Purchase
    ) throws {
        let price = try #require(order.price.cents)
        let total = try #require((order.credits + order.bonus).cents)
        var before = Money.zero
        #expect(order.credit(for: .zero) == .zero)
        for cents in 1...price {
            let credit = order.credit(for: Money(cents: cents))
            // |credit - total * cents / price| is at most half a cent, and exactly half only upward.
            let error = try #require(credit.cents) * price * 2 - total * cents * 2
            #expect(error > -price && error <= price)
            #expect(credit >= before)
            before = credit
        }
        #expect(before == order.credits + order.bonus)
        #expect(order.credit(for: order.price + Money(cents: 1)) == before)
    }

    @Test(arguments: packages)
    func `money for every cent of credit is never worth more credit than that`(
        order: Purchase
    ) throws {
        let total = try #require((order.credits + order.bonus).cents)
        var before = Money.zero
        #expect(order.money(for: .zero) == .zero)
        for cents in 1...total {
            let credit = Money(cents: cents)
            let money = order.money(for: credit)
            #expect(money.cents != nil)
            #expect(money >= before)
            #expect(order.credit(for: money) <= credit)
            // A cent more would be worth more, or be more than its part of the price.
            let more = money + Money(cents: 1)
            let price = try #require(order.price.cents)
            #expect(try #require(more.cents) * total > price * cents || money == order.price)
            before = money
        }
        #expect(before == order.price)
        #expect(order.money(for: order.credits + order.bonus + Money(cents: 1)) == order.price)
    }

    @Test func `half a cent of credit is rounded up`() {
        // 0.05 of 0.10 for 0.05 of credit in all: exactly 2.5 cents.
        #expect(purchase(10, credits: 5, bonus: 0).credit(for: Money(cents: 5)) == Money(cents: 3))
        #expect(purchase(10, credits: 5, bonus: 0).credit(for: Money(cents: 4)) == Money(cents: 2))
        #expect(purchase(10, credits: 5, bonus: 0).money(for: Money(cents: 3)) == Money(cents: 6))
    }

    @Test func `the largest amounts that Stripe takes do not overflow`() {
        let order = purchase(99_999_999, credits: 100_000_000, bonus: 20_000_000)
        #expect(order.credit(for: Money(cents: 50_000_000)) == Money(cents: 60_000_001))
        #expect(order.money(for: Money(cents: 60_000_000)) == Money(cents: 49_999_999))
        #expect(order.credit(for: order.price) == order.credits + order.bonus)
    }
}
