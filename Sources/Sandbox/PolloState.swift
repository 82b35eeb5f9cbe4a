import FoundationEssentials
import Sodium

/// A magic word in a prompt.
enum MagicWord: String, CaseIterable, Sendable {
    case fail = "!fail"
    case refuse = "!refuse"
    case slow = "!slow"
    case tooMany = "!429"
    case serverError = "!500"
    case lost = "!lost"
    case noWebhook = "!nowebhook"
    case duplicate = "!duplicate"

    /// Whether the word stands in the prompt, not as the start of a longer one.
    func occurs(in prompt: String) -> Bool {
        prompt.split { !($0.isLetter || $0.isNumber || $0 == "!") }.contains { $0 == rawValue }
    }
}

/// A video that a customer has ordered.
struct PolloOrder: Codable, Sendable {
    enum Status: String, Codable, Sendable {
        case waiting, processing, succeed, failed
    }

    let id: String
    let generationID: String
    let model: String
    let input: PolloInput
    let webhookURL: String?
    var creditHundredths: Int
    let createdAt: Date
    /// When it ends at the earliest.
    var dueAt: Date
    var updatedAt: Date
    var status = Status.waiting
    /// Why it fails; nil for one that succeeds.
    var failMessage: String?
    var videoIsMade = false
    let callbacks: Int
    /// The task's id as the customer was told it; another order may have it too.
    var toldID: String? = nil
    /// The link that is given out instead of the file's own.
    var toldLink: String? = nil

    var isOpen: Bool { status == .waiting || status == .processing }
    var video: VideoOrder { VideoOrder(input) }
}

/// One call of the create endpoint that carried the right key.
struct PolloCreateCall: Codable, Sendable {
    let at: Date
    let webhookURL: String
    let path: String
    let prompt: String
    /// The HTTP status of the answer; 0 when none was sent.
    let status: Int
    let taskID: String?
}

/// Pollo's side of the world.
struct PolloState: Codable, Sendable {
    /// A million credits, so that only a test that wants to runs out.
    static let initialCredits = 100_000_000
    static let callLimit = 20_000
    static let orderLimit = 20_000

    var balanceHundredths = initialCredits
    var totalHundredths = initialCredits
    var parallelLimit = 5
    var sendsCallbacks = true
    var disabledModels: Set<String> = []
    /// How long a video takes beside the making of its file.
    var renderMilliseconds = 1500
    /// How long a link to a file lasts; nil for as long as the file does.
    var linkSeconds: Int?
    var orders: [String: PolloOrder] = [:]
    var openOrders: [String] = []
    var calls: [PolloCreateCall] = []
    /// How often a magic word has had its effect, by word, callback address and prompt.
    var magic: [String: Int] = [:]
    /// How many create calls are yet to be answered with one task's id, and that id.
    var repeats: Int?
    var repeatedID: String?
    /// The id of the next task; nil for one of its own.
    var nextID: String?

    mutating func note(_ call: PolloCreateCall) {
        calls.append(call)
        if calls.count > Self.callLimit { calls.removeFirst(calls.count - Self.callLimit) }
    }

    /// How often this has been asked before for the same word, address and prompt; counts itself.
    mutating func count(_ word: MagicWord, _ webhookURL: String?, _ prompt: String) -> Int {
        let key = "\(word.rawValue)\n\(webhookURL ?? "")\n\(prompt)"
        let count = magic[key, default: 0]
        magic[key] = count + 1
        return count
    }

    mutating func order(
        _ input: PolloInput, of model: PolloModel, webhookURL: String?, at now: Date
    ) -> PolloOrder {
        let words = Set(MagicWord.allCases.filter { $0.occurs(in: input.prompt) })
        let milliseconds = words.contains(.slow) ? 30_000 : renderMilliseconds
        var failMessage: String?
        if words.contains(.refuse) {
            failMessage = "The content was flagged by our moderation system. Change the prompt."
        } else if words.contains(.fail) {
            failMessage = "The generation failed on our side."
        }
        let callbacks = words.contains(.noWebhook) ? 0 : words.contains(.duplicate) ? 5 : 1
        var order = PolloOrder(
            id: nextID ?? Identifier.pollo(), generationID: Identifier.pollo(), model: model.path,
            input: input, webhookURL: webhookURL,
            creditHundredths: input.creditHundredths(model), createdAt: now,
            dueAt: now.addingTimeInterval(Double(milliseconds) / 1000), updatedAt: now,
            failMessage: failMessage, callbacks: callbacks)
        nextID = nil
        balanceHundredths -= order.creditHundredths
        if let left = repeats, left > 0 {
            repeats = left - 1
            repeatedID = repeatedID ?? order.id
            order.toldID = repeatedID
        }
        if orders.count >= Self.orderLimit { forgetOldOrders() }
        orders[order.id] = order
        openOrders.append(order.id)
        return order
    }

    /// Makes room: a tenth of the orders go, the oldest that are over.
    private mutating func forgetOldOrders() {
        let over = orders.values.filter { !$0.isOpen }.sorted { $0.createdAt < $1.createdAt }
        for order in over.prefix(Self.orderLimit / 10) { orders[order.id] = nil }
    }

    /// The first video that some open order waits for.
    var nextVideoOrder: VideoOrder? {
        openOrders.lazy.compactMap { orders[$0] }
            .first { $0.failMessage == nil && !$0.videoIsMade }?.video
    }

    /// Every order of this very video has its file now, or cannot have it.
    mutating func noteVideo(_ video: VideoOrder, failure: String?) {
        for id in openOrders where orders[id]?.video == video {
            orders[id]?.videoIsMade = failure == nil
            if let failure { orders[id]?.failMessage = failure }
        }
    }

    func isDue(at now: Date) -> Bool {
        openOrders.contains {
            orders[$0].map { Self.nextStatus(of: $0, at: now) != $0.status } == true
        }
    }

    /// Moves every open order to where it should be by now, and announces those that end.
    mutating func advance(to now: Date, _ site: PolloSite, _ hooks: inout HookQueue) {
        for id in openOrders {
            guard let order = orders[id] else { continue }
            let status = Self.nextStatus(of: order, at: now)
            if status != order.status { finish(id, as: status, at: now, site, &hooks) }
        }
    }

    private static func nextStatus(of order: PolloOrder, at now: Date) -> PolloOrder.Status {
        if now >= order.dueAt, order.failMessage != nil { return .failed }
        if now >= order.dueAt, order.videoIsMade { return .succeed }
        return now >= order.createdAt.addingTimeInterval(0.3) ? .processing : .waiting
    }

    /// Puts an order into a state; if it is a last one, its callbacks go out.
    mutating func finish(
        _ id: String, as status: PolloOrder.Status, at now: Date, _ site: PolloSite,
        _ hooks: inout HookQueue
    ) {
        orders[id]?.status = status
        orders[id]?.updatedAt = now
        guard let order = orders[id], !order.isOpen else { return }
        openOrders.removeAll { $0 == id }
        if sendsCallbacks {
            for _ in 0..<order.callbacks { announce(order, at: now, site, &hooks) }
        }
    }

    /// When a link to the file ends that is given out at `now`: with the file at the latest, which
    /// is kept for 14 days.
    func linkEndsAt(_ order: PolloOrder, _ now: Date) -> Date {
        let fileEndsAt = order.updatedAt.addingTimeInterval(14 * 86_400)
        return min(fileEndsAt, linkSeconds.map { now.addingTimeInterval(Double($0)) } ?? fileEndsAt)
    }

    /// Queues a callback. Each has the order's own message id, as duplicates do.
    func announce(
        _ order: PolloOrder, at now: Date, _ site: PolloSite, _ hooks: inout HookQueue
    ) {
        guard let url = order.webhookURL else { return }
        hooks.add(
            Hook(
                vendor: .pollo, url: url, messageID: "msg_\(order.generationID)",
                subject: order.id, body: order.callback(site, linkEndsAt(order, now)),
                signedAt: now, nextAt: now))
    }
}
