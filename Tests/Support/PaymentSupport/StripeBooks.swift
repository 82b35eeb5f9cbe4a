import FoundationEssentials
import JSON

/// What a Stripe account holds: values alone, so that a test can keep how it was.
struct StripeBooks: Sendable {
    struct Session: Sendable {
        let id: String
        let payment: String
        var reference: String?
        var amount: Int
        var subtotal: Int
        var currency = "usd"
        var isLive: Bool
        var mode = "payment"
        var status = "open"
        var isPaid = false
        var createdAt: Int
        /// What the maker has written on the session and on its payment.
        var metadata: [String: String] = [:]
    }

    struct Refund: Sendable {
        let id: String
        let payment: String
        let amount: Int
        var status = "succeeded"
        let metadata: String
        var createdAt = Int.max
    }

    struct Dispute: Sendable {
        let id: String
        let payment: String
        var amount: Int
        var status: String
        let createdAt: Int
        var currency = "usd"
        var isLive = false
    }

    struct Event: Sendable {
        let id: String
        let createdAt: Int
        let json: String
    }

    /// A card that was tried and did not pay.
    struct Declined: Sendable {
        let id: String
        let payment: String
        let amount: Int
        let createdAt: Int
    }

    /// Newest last, as all of these.
    var sessions: [Session] = []
    var declined: [Declined] = []
    var refunds: [Refund] = []
    var disputes: [Dispute] = []
    var events: [Event] = []
    /// What was sent under an idempotency key, and what was answered.
    var keys: [String: (body: [UInt8], answer: String)] = [:]

    func session(payment: String) -> Session? { sessions.first { $0.payment == payment } }

    /// The running total, without what failed.
    func refunded(_ payment: String) -> Int {
        refunds.filter { $0.payment == payment && !["failed", "canceled"].contains($0.status) }
            .map(\.amount).reduce(0, +)
    }

    func isDisputed(_ payment: String) -> Bool {
        disputes.contains { $0.payment == payment && !$0.status.hasPrefix("warning_") }
    }
}

// MARK: - As Stripe writes them

extension StripeBooks {
    func json(_ session: Session) -> String {
        object { json in
            json.member("id", session.id)
            json.member("object", "checkout.session")
            json.member("amount_subtotal", session.subtotal)
            json.member("amount_total", session.amount)
            json.member("client_reference_id", session.reference)
            json.member("created", session.createdAt)
            json.member("currency", session.currency)
            json.member("expires_at", session.createdAt + 86_400)
            json.member("livemode", session.isLive)
            json.members("metadata", session.metadata)
            json.member("mode", session.mode)
            json.member("payment_intent", session.status == "complete" ? session.payment : nil)
            json.member("payment_status", session.isPaid ? "paid" : "unpaid")
            json.member("status", session.status)
        }
    }

    func charge(of session: Session) -> String {
        object { json in
            json.member("id", session.payment.charge)
            json.member("object", "charge")
            json.member("amount", session.amount)
            json.member("amount_refunded", refunded(session.payment))
            json.member("created", session.createdAt)
            json.member("currency", session.currency)
            json.member("disputed", isDisputed(session.payment))
            json.member("livemode", session.isLive)
            json.members("metadata", session.metadata)
            json.member("payment_intent", session.payment)
            json.member("refunded", refunded(session.payment) == session.amount)
            json.member("status", "succeeded")
        }
    }

    func json(_ charge: Declined) -> String {
        object { json in
            json.member("id", charge.id)
            json.member("object", "charge")
            json.member("amount", charge.amount)
            json.member("amount_refunded", 0)
            json.member("created", charge.createdAt)
            json.member("currency", "usd")
            json.member("disputed", false)
            json.member("livemode", false)
            json.member("payment_intent", charge.payment)
            json.member("refunded", false)
            json.member("status", "failed")
        }
    }

    func intent(of session: Session) -> String {
        let declined = declined.last { $0.payment == session.payment }.map(json)
        return object { json in
            json.member("id", session.payment)
            json.member("object", "payment_intent")
            json.key("latest_charge")
            json.literal(session.isPaid ? charge(of: session) : declined ?? "null")
            json.members("metadata", session.metadata)
        }
    }

    func json(_ refund: Refund) -> String {
        object { json in
            json.member("id", refund.id)
            json.member("object", "refund")
            json.member("amount", refund.amount)
            json.member("charge", refund.payment.charge)
            json.member("currency", "usd")
            json.member(
                "failure_reason", refund.status == "failed" ? "lost_or_stolen_card" : nil)
            json.key("metadata")
            json.literal(refund.metadata)
            json.member("payment_intent", refund.payment)
            json.member("status", refund.status)
        }
    }

    func json(_ dispute: Dispute) -> String {
        object { json in
            json.member("id", dispute.id)
            json.member("object", "dispute")
            json.member("amount", dispute.amount)
            json.member("charge", dispute.payment.charge)
            json.member("created", dispute.createdAt)
            json.member("currency", dispute.currency)
            json.member("livemode", dispute.isLive)
            json.member("payment_intent", dispute.payment)
            json.member("reason", "fraudulent")
            json.member("status", dispute.status)
        }
    }

    func event(_ id: String, _ type: String, at time: Int, about object: String) -> String {
        """
        {"id":"\(id)","object":"event","type":"\(type)","created":\(time),"livemode":false,\
        "api_version":"2026-10-28.endive","data":{"object":\(object)}}
        """
    }

    static func list(_ items: some Sequence<String>, hasMore: Bool = false) -> String {
        #"{"object":"list","data":[\#(items.joined(separator: ","))],"has_more":\#(hasMore)}"#
    }

    static func error(_ type: String, _ message: String) -> String {
        object { json in
            json.key("error")
            json.beginObject()
            json.member("type", type)
            json.member("message", message)
            json.endObject()
        }
    }
}

/// The text of an object whose members `body` writes.
func object(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    json.beginObject()
    body(&json)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
}

extension JSONWriter {
    fileprivate mutating func members(_ name: String, _ members: [String: String]) {
        key(name)
        beginObject()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            key(name)
            string(value)
        }
        endObject()
    }
}

extension String {
    /// The charge of a payment: each has one.
    package var charge: String { "ch_" + dropFirst(3) }
}
