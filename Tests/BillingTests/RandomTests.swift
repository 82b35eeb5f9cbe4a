import Billing
import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import PaymentSupport
import RandomSupport
import Store
import Stripe
import Testing

@Suite struct `P3 to P5 whatever happens` {
    /// One buyer with two purchases, to whom anything happens at any time.
    private struct Story {
        let till: Till
        let account: AccountID
        let purchases: [Purchase]
        var random: SplitMix64
        var jobs: [VideoID] = []
        /// Events that Stripe has not delivered yet.
        var waiting: [StripeEvent] = []
        var told: [StripeEvent] = []

        init(_ till: Till, seed: UInt64) throws {
            self.till = till
            random = SplitMix64(seed: seed)
            account = try till.db.insertAccount(credit: .dollars(2))
            purchases = [try till.buy(for: account), try till.buy("pro", for: account)]
        }

        mutating func step() throws {
            let purchase = purchases[Int.random(in: 0...1, using: &random)]
            switch Int.random(in: 0..<14, using: &random) {
            case 0...2:
                do {
                    jobs += try till.hold(Int.random(in: 1...2, using: &random), of: account)
                } catch is InsufficientCredits {}
            case 3, 4:
                guard !jobs.isEmpty else { return }
                try till.deliverNext()
                jobs.removeFirst()
            case 5:
                guard let job = jobs.popLast() else { return }
                try till.cancel(job, of: account)
            case 6, 7: refund(purchase)
            case 8: failRefund(purchase)
            case 9: dispute(purchase)
            case 10: decide(purchase)
            case 11:
                let lots = try till.db.lotRows(of: account)
                guard Int.random(in: 0..<8, using: &random) == 0,
                    let lot = lots.randomElement(using: &random)
                else { return }
                try till.db.setExpiry(of: lot.id, in: .seconds(-60))
            case 12:
                guard Int.random(in: 0..<4, using: &random) == 0 else { return }
                try till.buy(for: account)
            default:
                if let event = told.randomElement(using: &random) { try tell(event) }
            }
            if Bool.random(using: &random) { try tellSome() }
        }

        private mutating func refund(_ purchase: Purchase) {
            let left = purchase.cents - refunded[purchase.id, default: 0]
            guard left > 0 else { return }
            let cents = Int.random(in: 1...left, using: &random)
            refunded[purchase.id, default: 0] += cents
            refunds[purchase.id, default: []].append(cents)
            waiting.append(till.stripe.refund(purchase.payment, cents: cents))
        }

        private mutating func failRefund(_ purchase: Purchase) {
            guard let cents = refunds[purchase.id]?.popLast() else { return }
            refunded[purchase.id, default: 0] -= cents
            waiting.append(till.stripe.failRefund(of: purchase.payment))
        }

        private mutating func dispute(_ purchase: Purchase) {
            guard disputed.insert(purchase.id).inserted else { return }
            let status =
                ["needs_response", "warning_needs_response"]
                .randomElement(using: &random) ?? ""
            let cents = Int.random(in: 1...purchase.cents, using: &random)
            waiting.append(till.stripe.dispute(purchase.payment, cents: cents, status: status))
        }

        private mutating func decide(_ purchase: Purchase) {
            guard disputed.contains(purchase.id) else { return }
            let status =
                ["won", "lost", "under_review", "warning_closed"]
                .randomElement(using: &random) ?? ""
            waiting.append(till.stripe.decide(purchase.payment, status))
        }

        private var refunded: [PurchaseID: Int] = [:]
        private var refunds: [PurchaseID: [Int]] = [:]
        private var disputed: Set<PurchaseID> = []

        /// Delivers one event, or all.
        mutating func tellSome(all: Bool = false) throws {
            waiting.shuffle(using: &random)
            while let event = waiting.popLast() {
                try tell(event)
                told.append(event)
                if !all { break }
            }
        }

        private func tell(_ event: StripeEvent) throws {
            try till.billing.receive(
                told.contains(event) ? till.stripe.repeated(event) : event)
        }

        func check() throws {
            for purchase in purchases { try till.db.expectSound(purchase.id) }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `after every step of a random story the books are sound`(seed: UInt64) throws {
        try withFreshDatabase { configuration in
            var story = try Story(Till(Connection(configuration)), seed: seed)
            for _ in 1...60 {
                try story.step()
                try story.check()
            }
            try story.tellSome(all: true)
            while let job = story.jobs.popLast() { try story.till.cancel(job, of: story.account) }
            try story.check()
            for purchase in story.purchases {
                #expect(try story.till.db.books(of: purchase.id).pending == .zero)
            }
        }
    }
}
