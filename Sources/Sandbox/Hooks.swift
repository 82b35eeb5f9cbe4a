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

    private(set) var hooks: [Hook] = []
    private var lastNumber = 0
    /// While set, Stripe's events wait, to be let go in another order.
    var holdsStripe = false

    mutating func add(_ hook: Hook) {
        lastNumber += 1
        var hook = hook
        hook.number = lastNumber
        hooks.append(hook)
        let finished = hooks.count { $0.nextAt == nil }
        if finished > Self.keptCount, let first = hooks.firstIndex(where: { $0.nextAt == nil }) {
            hooks.remove(at: first)
        }
    }

    /// Takes the message that has been due longest; nobody else gets it for a minute.
    mutating func claimNext(at now: Date) -> Hook? {
        let due = hooks.indices.filter { index in
            guard let nextAt = hooks[index].nextAt else { return false }
            return nextAt <= now && !(holdsStripe && hooks[index].vendor == .stripe)
        }
        let first = due.min { left, right in
            (hooks[left].nextAt ?? now, hooks[left].number)
                < (hooks[right].nextAt ?? now, hooks[right].number)
        }
        return first.map { claim(at: $0, now) }
    }

    /// Takes one message, due or not; nil when it is not waiting.
    mutating func claim(messageID: String, at now: Date) -> Hook? {
        guard !holdsStripe,
            let index = hooks.firstIndex(where: { $0.messageID == messageID && $0.nextAt != nil })
        else { return nil }
        return claim(at: index, now)
    }

    private mutating func claim(at index: Int, _ now: Date) -> Hook {
        hooks[index].nextAt = now.addingTimeInterval(Self.claim)
        return hooks[index]
    }

    /// Notes how an attempt went, and when the next one is due.
    mutating func note(_ number: Int, status: Int, at now: Date) {
        guard let index = hooks.firstIndex(where: { $0.number == number }) else { return }
        hooks[index].attempts += 1
        hooks[index].lastStatus = status
        if (200..<300).contains(status) {
            hooks[index].isDelivered = true
            hooks[index].nextAt = nil
        } else {
            let delay = Self.delay(after: hooks[index].attempts)
            hooks[index].nextAt = delay.map { now.addingTimeInterval($0) }
        }
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
            guard let index = hooks.firstIndex(where: { $0.number == number }) else { continue }
            // A pause between two, so that they arrive one after another.
            hooks[index].nextAt = now.addingTimeInterval(TimeInterval(place) / 2)
        }
    }

}

extension Sandbox {
    /// Sends the next message that is due; false when there is none.
    package func deliverNext(send: Send) -> Bool {
        let now = now
        guard
            read({ state in state.hooks.hooks.contains { ($0.nextAt ?? .distantFuture) <= now } }),
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
