import FoundationEssentials
import JSON

/// A Checkout Session.
package struct StripeSession: Codable, Sendable {
    enum Status: String, Codable, Sendable {
        case open, complete, expired
    }

    struct Item: Codable, Sendable {
        let name: String
        let unitAmount: Int
        let quantity: Int
    }

    package let id: String
    let items: [Item]
    let currency: String
    package let clientReferenceID: String?
    package let metadata: [String: String]
    let paymentMetadata: [String: String]
    let successURL: String
    let cancelURL: String?
    let customerEmail: String?
    let createdAt: Date
    let expiresAt: Date
    var status = Status.open
    var isPaid = false
    /// Whether a payment that was to come later did not.
    var hasFailed = false
    var paymentID: String?
    /// What no session has that the shop makes, and another maker's may; nil for none.
    var discount: Int?
    var isLive: Bool?
    var mode: String?

    /// In the smallest unit of the currency.
    package var amount: Int {
        items.reduce(0) { $0 + $1.unitAmount * $1.quantity } - (discount ?? 0)
    }
    /// The address that the buyer comes back to.
    var returnURL: String { successURL.replacing("{CHECKOUT_SESSION_ID}", with: id) }
}

/// A PaymentIntent.
struct StripePayment: Codable, Sendable {
    let id: String
    let sessionID: String
    let amount: Int
    let currency: String
    let metadata: [String: String]
    let createdAt: Date
    /// `requires_payment_method`, `processing`, `succeeded` or `canceled`.
    var status: String
    var chargeID: String?
}

struct StripeCharge: Codable, Sendable {
    let id: String
    let paymentID: String
    let amount: Int
    let currency: String
    let metadata: [String: String]
    let createdAt: Date
    /// Each card that is tried makes a charge, a declined one too.
    var isPaid = true
    var amountRefunded = 0
    var isDisputed = false
    var isLive: Bool?
}

struct StripeRefund: Codable, Sendable {
    let id: String
    let chargeID: String
    let paymentID: String
    let amount: Int
    let currency: String
    let reason: String?
    let metadata: [String: String]
    let createdAt: Date
    var status = "succeeded"
    var failureReason: String?
}

struct StripeDispute: Codable, Sendable {
    let id: String
    let chargeID: String
    let paymentID: String
    let amount: Int
    let currency: String
    let createdAt: Date
    var status: String
    var isLive: Bool?
    /// What was given so far, by Stripe's names.
    var evidence: [String: String] = [:]
    var submissions = 0
    /// Until when the bank takes evidence; nil while nothing else was said.
    var dueAt: Date?

    /// Two weeks after it was opened.
    var lastDay: Date { dueAt ?? createdAt.addingTimeInterval(14 * 86_400) }
    var isInquiry: Bool { status.hasPrefix("warning_") }
    var isClosed: Bool { ["won", "lost", "warning_closed"].contains(status) }
}

/// A file that was given to Stripe, without its bytes.
struct StripeFile: Codable, Sendable {
    let id: String
    let purpose: String
    let type: String
    let size: Int
    let createdAt: Date
}

struct StripeEvent: Codable, Sendable {
    let id: String
    let type: String
    /// The whole event, as it is sent and as the list shows it: it never changes.
    let json: String
    let createdAt: Date
}

/// The first answer to a key, for 24 hours.
struct StripeSavedAnswer: Codable, Sendable {
    let fingerprint: String
    let status: Int
    let body: String
    let at: Date
}

/// Stripe's side of the world.
struct StripeState: Codable, Sendable {
    static let eventLimit = 20_000
    static let answerLimit = 10_000
    /// How long an answer is kept for its key.
    static let answerLifetime: TimeInterval = 24 * 3600

    var sessions: [StripeSession] = []
    var payments: [StripePayment] = []
    var charges: [StripeCharge] = []
    var refunds: [StripeRefund] = []
    var disputes: [StripeDispute] = []
    var files: [StripeFile] = []
    var transactions: [StripeTransaction] = []
    /// Nil where the account keeps dollars.
    var settlement: StripeSettlement?
    var events: [StripeEvent] = []
    var savedAnswers: [String: StripeSavedAnswer] = [:]
    /// While false, events happen and are listed, but nobody is told.
    var sendsEvents = true

    func session(_ id: String) -> StripeSession? { sessions.last { $0.id == id } }
    func payment(_ id: String) -> StripePayment? { payments.last { $0.id == id } }
    func charge(_ id: String) -> StripeCharge? { charges.last { $0.id == id } }
    func refund(_ id: String) -> StripeRefund? { refunds.last { $0.id == id } }
    func dispute(_ id: String) -> StripeDispute? { disputes.last { $0.id == id } }

    /// The charge of a payment, given by the id of the charge, the payment or the session.
    func charge(of id: String) -> StripeCharge? {
        let paymentID = session(id)?.paymentID ?? id
        return charges.last { $0.isPaid && ($0.id == id || $0.paymentID == paymentID) }
    }

    mutating func edit(session id: String, _ body: (inout StripeSession) -> Void) {
        if let index = sessions.lastIndex(where: { $0.id == id }) { body(&sessions[index]) }
    }

    mutating func edit(payment id: String, _ body: (inout StripePayment) -> Void) {
        if let index = payments.lastIndex(where: { $0.id == id }) { body(&payments[index]) }
    }

    mutating func edit(charge id: String, _ body: (inout StripeCharge) -> Void) {
        if let index = charges.lastIndex(where: { $0.id == id }) { body(&charges[index]) }
    }

    mutating func edit(refund id: String, _ body: (inout StripeRefund) -> Void) {
        if let index = refunds.lastIndex(where: { $0.id == id }) { body(&refunds[index]) }
    }

    mutating func edit(dispute id: String, _ body: (inout StripeDispute) -> Void) {
        if let index = disputes.lastIndex(where: { $0.id == id }) { body(&disputes[index]) }
    }

    func isDue(at now: Date) -> Bool {
        sessions.contains { $0.status == .open && $0.expiresAt <= now }
    }
}
