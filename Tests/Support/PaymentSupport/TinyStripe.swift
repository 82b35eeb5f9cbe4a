package import Domain
package import FoundationEssentials
package import HTTP
import HTTPTypes
package import Sandbox
package import Store
package import Stripe
import Synchronization

/// Stripe in memory as the shop's tests speak of it: in purchases, and in events as the shop reads them.
/// What it says and keeps is the sandbox's ``StripeAccount``.
package final class TinyStripe: Sendable {
    package typealias Mishap = Wire.Mishap

    private let account: StripeAccount
    /// The shop whose sessions are opened.
    private let installation = Mutex<String?>(nil)
    /// When all is made, in Unix seconds.
    package let now: Int

    /// - Parameter now: where its time stands still; nil for the time that it is.
    package init(now: Date? = nil) {
        let start = now ?? Date()
        self.now = Int(start.timeIntervalSince1970)
        account = StripeAccount(secretKey: "sk_test_key") { now ?? Date() }
    }

    /// Says whose sessions are opened from now on.
    package func serve(_ installation: InstallationID) {
        self.installation.withLock { $0 = "\(installation)" }
    }

    package var client: StripeClient {
        StripeClient(secretKey: "sk_test_key", base: "https://stripe.example", send: send)
    }

    // MARK: Calls

    package func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        try account.send(request)
    }

    package var requests: [OutboundRequest] { account.wire.requests }

    /// The calls so far: method and path, without the query.
    package var calls: [String] { requests.map { "\($0.method.rawValue) \($0.path)" } }

    /// The next `count` calls whose path begins with `path` meet `mishap`.
    package func meet(_ mishap: Mishap, _ path: String = "/", count: Int = 1) {
        account.wire.meet(mishap, path, count: count)
    }

    /// Runs `action` after the next call of `path` was made, before its answer arrives.
    package func afterNext(_ path: String, _ action: @escaping @Sendable () -> Void) {
        account.wire.afterNext(path, action)
    }

    // MARK: Acts

    /// The session of a purchase, as the shop asked for it; otherwise where an argument says so.
    @discardableResult
    package func open(
        _ purchase: Purchase, session: String? = nil, reference: String? = nil, cents: Int? = nil,
        subtotal: Int? = nil, currency: String = "usd", isLive: Bool? = nil,
        mode: String = "payment", createdAt: Int? = nil, metadata: [String: String]? = nil
    ) -> String {
        let mark = installation.withLock { $0 }.map { [StripeMark.name: $0] }
        let amount = cents ?? Int(purchase.price.cents ?? 0)
        let id = session ?? purchase.sessionID ?? "cs_\(purchase.id)"
        account.open(
            .init(
                session: id, reference: reference ?? "\(purchase.id)", amount: amount,
                subtotal: subtotal, currency: currency, isLive: isLive ?? purchase.isLive,
                mode: mode, createdAt: Date(timeIntervalSince1970: Double(createdAt ?? now)),
                metadata: metadata ?? mark ?? [:]))
        return id
    }

    /// The buyer is done; the money is there, or on its way.
    @discardableResult
    package func complete(_ session: String, isPaid: Bool = true) -> StripeEvent {
        event(account.complete(session, isPaid: isPaid))
    }

    package func succeedLater(_ session: String) -> StripeEvent {
        event(account.succeedLater(session))
    }

    package func failLater(_ session: String) -> StripeEvent { event(account.failLater(session)) }

    @discardableResult
    package func expire(_ session: String) -> StripeEvent { event(account.expire(session)) }

    /// A card is declined, before another one pays.
    package func decline(_ payment: String) -> StripeEvent { event(account.decline(payment)) }

    /// Money goes back, by hand of somebody in Stripe's Dashboard.
    package func refund(_ payment: String, cents: Int) -> StripeEvent {
        event(account.refund(payment, cents: cents))
    }

    /// The latest refund of a payment never reached the buyer.
    package func failRefund(of payment: String) -> StripeEvent {
        event(account.failRefund(of: payment))
    }

    package func dispute(
        _ payment: String, cents: Int, status: String = "needs_response", currency: String = "usd",
        isLive: Bool = false, createdAt: Int? = nil
    ) -> StripeEvent {
        event(
            account.dispute(
                payment, cents: cents, status: status, currency: currency, isLive: isLive,
                createdAt: createdAt.map { Date(timeIntervalSince1970: Double($0)) }))
    }

    /// Says until when the latest dispute of a payment takes evidence.
    package func setDue(_ payment: String, at due: Date) { account.setDue(payment, at: due) }

    package func evidence(of payment: String) -> (fields: [String: String], submissions: Int)? {
        account.evidence(of: payment)
    }

    /// From now on the account is settled in another currency.
    package func settle(in currency: String, rate: Double) {
        account.settle(in: currency, rate: rate)
    }

    /// The latest dispute of a payment is `status` now.
    package func decide(_ payment: String, _ status: String) -> StripeEvent {
        event(account.decide(payment, status))
    }

    /// Another event about the same object, as Stripe sends now and then.
    package func repeated(_ event: StripeEvent) -> StripeEvent {
        self.event(account.repeated(event.id))
    }

    private func event(_ json: String) -> StripeEvent {
        guard let event = StripeEvent(Array(json.utf8)) else { preconditionFailure("no event") }
        return event
    }

    // MARK: Looks

    /// Shows things as they were after act number `index`, from 0.
    package func show(_ index: Int) { account.show(index) }

    /// Shows things as they are.
    package func showAll() { account.showAll() }

    /// The latest refund's id and status, and what it was called with.
    package func latestRefund(of payment: String) -> (id: String, cents: Int, status: String)? {
        account.refunds(of: payment).last
    }

    package func refundCount(of payment: String) -> Int { account.refunds(of: payment).count }

    /// The sessions that were asked for or opened, in their order.
    package var sessions: [Session] {
        account.sessions.map { session in
            Session(
                id: session.id, reference: session.clientReferenceID ?? "",
                amount: session.amount, metadata: session.metadata)
        }
    }

    /// A session as it was asked for.
    package struct Session: Sendable {
        package let id: String
        package let reference: String
        package let amount: Int
        package let metadata: [String: String]

        package init(id: String, reference: String, amount: Int, metadata: [String: String]) {
            self.id = id
            self.reference = reference
            self.amount = amount
            self.metadata = metadata
        }
    }

    /// Knows a session that another one made.
    package func adopt(_ session: Session) {
        account.open(
            .init(
                session: session.id, reference: session.reference, amount: session.amount,
                createdAt: Date(timeIntervalSince1970: Double(now)), metadata: session.metadata))
    }
}

extension OutboundRequest {
    package var path: String { target.path }
}

extension String {
    /// The charge of a payment: each has one.
    package var charge: String { "ch_" + dropFirst(3) }
}
