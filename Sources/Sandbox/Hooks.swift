import FoundationEssentials
package import HTTP
import HTTPTypes
import Logging
import Sodium

/// A message to the shop: a callback of Pollo's or an event of Stripe's.
struct Hook: Codable, Sendable {
    enum Vendor: String, Codable, Sendable {
        case pollo, stripe
    }

    /// Its place in the queue; set when it is added.
    var number = 0
    let vendor: Vendor
    let url: String
    /// `X-Webhook-Id`, or the event's id.
    let messageID: String
    /// The task, or the event's type.
    let subject: String
    let body: String
    /// Pollo's timestamp, which a retry repeats. Stripe signs each attempt afresh.
    let signedAt: Date
    /// When the next attempt is due; nil when there is none to come.
    var nextAt: Date?
    var attempts = 0
    /// The status of the last attempt's answer; 0 for no answer.
    var lastStatus: Int?
    var isDelivered = false
}

/// The messages that are to be sent, and the last ones that were.
struct HookQueue: Codable, Sendable {
    /// How many finished messages are kept to look at.
    static let keptCount = 1000
    /// How long a message that some thread is sending is left to it.
    static let claim: TimeInterval = 60

    /// Those that have an attempt to come, in the order in which they were added. Apart from the
    /// others, so that to find one takes no longer with each that was sent.
    private(set) var waiting: [Hook] = []
    private var finished: [Hook] = []
    private var lastNumber = 0
    /// While set, Stripe's events wait, to be let go in another order.
    var holdsStripe = false

    /// All, in the order in which they were added.
    var hooks: [Hook] { (finished + waiting).sorted { $0.number < $1.number } }

    mutating func add(_ hook: Hook) {
        lastNumber += 1
        var hook = hook
        hook.number = lastNumber
        waiting.append(hook)
    }

    /// Takes the message that has been due longest; nobody else gets it for a minute.
    mutating func claimNext(at now: Date) -> Hook? {
        let due = waiting.indices.filter { index in
            guard let nextAt = waiting[index].nextAt else { return false }
            return nextAt <= now && !(holdsStripe && waiting[index].vendor == .stripe)
        }
        let first = due.min { left, right in
            (waiting[left].nextAt ?? now, waiting[left].number)
                < (waiting[right].nextAt ?? now, waiting[right].number)
        }
        return first.map { claim(at: $0, now) }
    }

    /// Takes one message, due or not; nil when it is not waiting.
    mutating func claim(messageID: String, at now: Date) -> Hook? {
        guard !holdsStripe, let index = waiting.firstIndex(where: { $0.messageID == messageID })
        else { return nil }
        return claim(at: index, now)
    }

    private mutating func claim(at index: Int, _ now: Date) -> Hook {
        waiting[index].nextAt = now.addingTimeInterval(Self.claim)
        return waiting[index]
    }

    /// Notes how an attempt went, and when the next one is due.
    mutating func note(_ number: Int, status: Int, at now: Date) {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting[index].attempts += 1
        waiting[index].lastStatus = status
        waiting[index].isDelivered = (200..<300).contains(status)
        let delay =
            waiting[index].isDelivered ? nil : Self.delay(after: waiting[index].attempts)
        waiting[index].nextAt = delay.map { now.addingTimeInterval($0) }
        guard delay == nil else { return }
        finished.append(waiting.remove(at: index))
        if finished.count > Self.keptCount { finished.removeFirst() }
    }

    /// Ten attempts with growing pauses, in seconds. The vendors publish no figures; these suit a
    /// developer.
    private static func delay(after attempts: Int) -> TimeInterval? {
        attempts < 10 ? TimeInterval(min(1 << attempts, 120)) : nil
    }

    /// Lets the events that were held back go, in this order of their numbers.
    mutating func release(in order: [Int], at now: Date) {
        holdsStripe = false
        for (place, number) in order.enumerated() {
            guard let index = waiting.firstIndex(where: { $0.number == number }) else { continue }
            // A pause between two, so that they arrive one after another.
            waiting[index].nextAt = now.addingTimeInterval(TimeInterval(place) / 2)
        }
    }

}

extension Sandbox {
    /// Sends the next message that is due; false when there is none.
    package func deliverNext(send: Send) -> Bool {
        let now = now
        guard
            read({ state in state.hooks.waiting.contains { ($0.nextAt ?? .distantFuture) <= now } }
            ),
            let hook = change({ $0.hooks.claimNext(at: now) })
        else { return false }
        deliver(hook, send: send)
        return true
    }

    /// Sends a message that this thread has claimed.
    func deliver(_ hook: Hook, send: Send) {
        let status: Int
        do throws(TransportError) {
            status = try send(request(hook)).status.code
        } catch {
            log.notice(
                "a webhook was not answered",
                metadata: ["url": "\(hook.url)", "error": "\(error.message)"])
            status = 0
        }
        let now = now
        change { $0.hooks.note(hook.number, status: status, at: now) }
    }

    private func request(_ hook: Hook) -> OutboundRequest {
        let body = Array(hook.body.utf8)
        var fields: HTTPFields = [.contentType: "application/json"]
        func set(_ name: String, _ value: String) {
            guard let name = HTTPField.Name(name) else { preconditionFailure("a token") }
            fields[name] = value
        }
        switch hook.vendor {
        case .pollo:
            let timestamp = String(hook.signedAt.unixSeconds)
            set("X-Webhook-Id", hook.messageID)
            set("X-Webhook-Timestamp", timestamp)
            // The key is the decoded secret.
            let key = HMACSHA256(key: polloWebhookKey)
            let code = key.code(for: Array("\(hook.messageID).\(timestamp).".utf8), body)
            set("X-Webhook-Signature", Base64.encode(code))
        case .stripe:
            let timestamp = String(now.unixSeconds)
            let key = HMACSHA256(key: Array(settings.stripeWebhookSecret.utf8))
            let code = Hex.encode(key.code(for: Array("\(timestamp).".utf8), body))
            // Test events also carry a sham scheme, which has to be ignored.
            let sham = String(repeating: "6ff8", count: 16)
            set("Stripe-Signature", "t=\(timestamp),v1=\(code),v0=\(sham)")
        }
        return OutboundRequest(method: .post, url: hook.url, fields: fields, body: body)
    }

    private var polloWebhookKey: [UInt8] {
        var digits = settings.polloWebhookSecret
        while digits.hasSuffix("=") { digits.removeLast() }
        digits += String(repeating: "=", count: (4 - digits.utf8.count % 4) % 4)
        return Base64.decode(digits) ?? Array(settings.polloWebhookSecret.utf8)
    }
}
