import Domain
import FoundationEssentials
import JSON
import Ledger
import Sodium
import Store

/// How an order ends.
enum Fate {
    case delivered
    case canceled
    /// The vendor does not make it, and says so at once.
    case invalid
    case refused
    case failed
    /// Made too late: refunded, and perhaps billed.
    case late(isBilled: Bool)
    /// The vendor is full until the order is out of time.
    case busy
    /// The answer to the order is lost; a callback may find it.
    case lost(isFound: Bool)
    /// An operator ends it.
    case ended
    /// Whether the vendor has it is not known.
    case uncertain
    /// Nobody has begun.
    case waiting
}

extension SampleShop {
    func planOrders() {
        for _ in 0..<(size.videos - 6) {
            timeline.add(at: moment()) { [self] in try orderSomething() }
        }
        // Two losses that nobody has closed yet.
        for daysAgo in [1.2, 0.3] {
            at(daysAgo: daysAgo) { [self] in try orderSomething(.late(isBilled: true)) }
        }
        planLast()
    }

    /// What is under way when the shop is looked at: the worker takes up what waits.
    private func planLast() {
        var last: [Customer] = []
        at(daysAgo: 0.03) { [self] in
            for customer in customers.filter({ $0.appetite > 0 }).suffix(4) {
                try buy("starter", for: customer)
                last.append(customer)
            }
        }
        timeline.add(at: now.addingTimeInterval(-360)) { [self] in
            try place(draft("economy", seconds: 5), for: last[0], .uncertain)
        }
        for (number, tier) in ["economy", "basic", "pro"].enumerated() {
            timeline.add(at: now.addingTimeInterval(Double(number) * 9 - 30)) { [self] in
                try place(draft(tier, seconds: 5), for: last[number + 1], .waiting)
            }
        }
    }

    /// Somebody wants a video, and buys credit when there is not enough.
    private func orderSomething(_ fate: Fate? = nil) throws {
        let wishes = customers.filter { $0.appetite > 0 }.map { (value: $0, weight: $0.appetite) }
        guard let customer = draw(wishes) else { return }
        let tier =
            draw([("economy", 35), ("basic", 28), ("pro", 28), ("premium", 9)]) ?? "economy"
        let draft = try draft(tier, seconds: chance(70) ? 5 : 10)
        let fate = fate ?? self.fate()
        guard try database.balance(of: customer.account).available < draft.total else {
            return try place(draft, for: customer, fate)
        }
        let package =
            draw([("starter", 45), ("standard", 34), ("pro", 16), ("enterprise", 5)]) ?? "starter"
        if chance(9), fits(30 * 3600) {
            try giveUp(buying: package, by: customer)
            // Somebody else has the wish instead.
            return later(300) { [self] in try orderSomething(fate) }
        }
        try buy(package, for: customer)
        later(150) { [self] in try place(draft, for: customer, fate) }
    }

    private func fate() -> Fate {
        draw([
            (.delivered, 850), (.canceled, 30), (.refused, 42), (.failed, 36), (.invalid, 8),
            (.late(isBilled: true), 3), (.late(isBilled: false), 3), (.busy, 10),
            (.lost(isFound: true), 5), (.lost(isFound: false), 4), (.ended, 2),
        ]) ?? .delivered
    }

    private func draft(_ tier: String, seconds: Int) throws -> VideoDraft {
        let words = [SampleWords.subjects, SampleWords.places, SampleWords.shots].map { pick($0) }
        var members: [String: JSONValue] = [
            "tier": .string(tier), "duration": .integer(Int64(seconds)),
            "prompt": .string("\(words[0]) \(words[1]), \(words[2])"), "undoSeconds": .integer(8),
        ]
        if tier == "premium" { members["image"] = .string("https://example.org/still.jpg") }
        return try VideoDraft(.object(members), catalog: catalog)
    }

    private func place(_ draft: VideoDraft, for customer: Customer, _ fate: Fate) throws {
        if chance(20) { try visit(customer) }
        let video = VideoID.new()
        let order = VideoOrder(
            call: .new(), draft: draft, catalogVersion: catalog.version,
            videos: [(video, Base64.encode(randomBytes(24), .urlSafe))],
            estimatedSeconds: 70 + draft.duration * 6)
        do {
            _ = try database.accept(
                order, from: customer.account, by: customer.user, key: nil,
                limit: CallLimit(calls: 1_000_000, window: .seconds(900)),
                queueDeadline: terms.deadlines.queue)
        } catch is InsufficientCredits {
            // A dispute, or another order, has taken what there was: somebody else has the wish.
            return later(300) { [self] in
                if fits(3600) { try orderSomething(fate) }
            }
        }
        fates[video] = fate
        switch fate {
        case .waiting: break
        case .canceled:
            later(5) { [self] in
                try database.cancel(video, of: customer.account, policy: terms.credit)
            }
        case .ended:
            later(7) { [self] in
                try database.endVideo(
                    video, policy: terms.credit, by: acting(1, "Ordered twice, asked by mail"))
            }
        default: later(9) { [self] in try submitNext() }
        }
    }
}
