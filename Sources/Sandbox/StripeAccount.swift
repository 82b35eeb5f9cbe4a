package import FoundationEssentials
package import HTTP
import HTTPTypes
import Synchronization

/// Stripe in memory, for tests: the other end of a client's `send`, without a socket or a folder.
///
/// Tests act as buyer, bank and Dashboard, in any order, also in one that Stripe would refuse. Each
/// act changes what Stripe says from then on, and adds one event to its list, whose JSON it returns.
/// Whether and when that is delivered is the test's. The payment of session `cs_1` is `pi_cs_1`, its
/// charge `ch_cs_1`.
package final class StripeAccount: Sendable {
    /// A session as its maker asked for it.
    package struct Order: Sendable {
        let session: String
        let reference: String?
        let amount: Int
        let subtotal: Int
        let currency: String
        let isLive: Bool
        let mode: String
        let createdAt: Date
        let metadata: [String: String]

        /// Amounts are in the smallest unit of the currency.
        package init(
            session: String, reference: String?, amount: Int, subtotal: Int? = nil,
            currency: String = "usd", isLive: Bool = false, mode: String = "payment",
            createdAt: Date, metadata: [String: String] = [:]
        ) {
            self.session = session
            self.reference = reference
            self.amount = amount
            self.subtotal = subtotal ?? amount
            self.currency = currency
            self.isLive = isLive
            self.mode = mode
            self.createdAt = createdAt
            self.metadata = metadata
        }
    }

    fileprivate struct Books: Sendable {
        var stripe = StripeState()
        /// How it was after each act.
        var history: [StripeState] = []
        var count = 0
    }

    package let wire = Wire()
    private let books = Mutex(Books())
    /// Keeps ids apart from those of other tests on the same database.
    private let name = UUID().uuidString.prefix(8).lowercased()
    private let site: StripeSite
    private let clock: @Sendable () -> Date

    package init(secretKey: String, clock: @escaping @Sendable () -> Date) {
        site = StripeSite(
            secretKey: secretKey, publicURL: "https://stripe.example",
            webhookURL: "https://shop.example/api/webhooks/stripe")
        self.clock = clock
    }

    /// Newest last.
    package var sessions: [StripeSession] { books.withLock { $0.stripe.sessions } }

    // MARK: Calls

    package func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        try wire.carry(request, to: answer)
    }

    private func answer(_ request: OutboundRequest) -> InboundResponse {
        let (path, query) = request.target
        let call = StripeCall(
            method: request.method, path: path.split(separator: "/").dropFirst().map(String.init),
            query: FormBody(Array(query.utf8)) ?? FormBody(), body: request.body ?? [],
            contentType: request.field("content-type"),
            authorization: request.field("authorization"),
            idempotencyKey: request.field("idempotency-key"))
        let response = books.withLock { books in
            var world = world(books.stripe)
            let response = call.answer(&world)
            // Events are the tests' own.
            world.state.events = books.stripe.events
            books.stripe = world.state
            if request.method == .post { books.note() }
            return response
        }
        return InboundResponse(
            status: response.status, fields: response.fields, body: response.body)
    }

    // MARK: Acts

    package func open(_ order: Order) {
        let session = StripeSession(
            id: order.session,
            items: [.init(name: "Credit", unitAmount: order.subtotal, quantity: 1)],
            currency: order.currency, clientReferenceID: order.reference,
            metadata: order.metadata, paymentMetadata: order.metadata,
            successURL: "https://shop.example/", cancelURL: nil, customerEmail: nil,
            createdAt: order.createdAt, expiresAt: order.createdAt.addingTimeInterval(86_400),
            discount: order.subtotal - order.amount, isLive: order.isLive, mode: order.mode)
        act { world, _ in
            world.state.sessions.append(session)
            world.addPayment(of: session)
        }
    }

    /// The buyer is done; the money is there, or on its way.
    package func complete(_ session: String, isPaid: Bool) -> String {
        change(session, "checkout.session.completed") { session in
            session.status = .complete
            session.isPaid = isPaid
        }
    }

    package func succeedLater(_ session: String) -> String {
        change(session, "checkout.session.async_payment_succeeded") { $0.isPaid = true }
    }

    package func failLater(_ session: String) -> String {
        change(session, "checkout.session.async_payment_failed") { $0.isPaid = false }
    }

    package func expire(_ session: String) -> String {
        change(session, "checkout.session.expired") { $0.status = .expired }
    }

    /// A card is declined, before another one pays.
    package func decline(_ payment: String) -> String {
        act { world, id in
            let charge = world.addCharge("ch_no_\(id)", of: payment, isPaid: false, at: world.now)
            return world.tell("charge.failed", charge?.json, "evt_\(id)")
        }
    }

    /// Money goes back, by hand of somebody in Stripe's Dashboard.
    package func refund(_ payment: String, cents: Int) -> String {
        act { world, id in
            guard let charge = world.state.charge(of: payment) else {
                preconditionFailure("\(payment) was not paid")
            }
            let refund = StripeRefund(
                id: "re_\(id)", chargeID: charge.id, paymentID: payment, amount: cents,
                currency: charge.currency, reason: nil, metadata: [:], createdAt: world.now)
            world.state.refunds.append(refund)
            world.book(refund)
            world.state.edit(charge: charge.id) { $0.amountRefunded += cents }
            return world.tell("charge.refunded", world.state.charge(charge.id)?.json, "evt_\(id)")
        }
    }

    /// The latest refund of a payment never reached the buyer.
    package func failRefund(of payment: String) -> String {
        act { world, id in
            guard
                let refund = world.state.refunds.last(where: {
                    $0.paymentID == payment && $0.status != "failed"
                })
            else { preconditionFailure("nothing was refunded of \(payment)") }
            world.state.edit(refund: refund.id) {
                $0.status = "failed"
                $0.failureReason = "lost_or_stolen_card"
            }
            world.state.edit(charge: refund.chargeID) { $0.amountRefunded -= refund.amount }
            world.bookFailure(of: refund)
            return world.tell("refund.failed", world.state.refund(refund.id)?.json, "evt_\(id)")
        }
    }

    package func dispute(
        _ payment: String, cents: Int, status: String, currency: String, isLive: Bool,
        createdAt: Date?
    ) -> String {
        act { world, id in
            let dispute = StripeDispute(
                id: "dp_\(id)", chargeID: StripeAccount.charge(of: payment), paymentID: payment,
                amount: cents, currency: currency, createdAt: createdAt ?? world.now,
                status: status, isLive: isLive)
            world.state.disputes.append(dispute)
            if !dispute.isInquiry { world.bookWithdrawal(for: dispute) }
            world.markDisputed(payment)
            return world.tell("charge.dispute.created", dispute.json, "evt_\(id)")
        }
    }

    /// The latest dispute of a payment is `status` now.
    package func decide(_ payment: String, _ status: String) -> String {
        act { world, id in
            guard let last = world.state.disputes.last(where: { $0.paymentID == payment }) else {
                preconditionFailure("nothing was disputed of \(payment)")
            }
            world.state.edit(dispute: last.id) { $0.status = status }
            if last.isInquiry, status == "needs_response" { world.bookWithdrawal(for: last) }
            if status == "won" { world.bookReinstatement(of: last) }
            world.markDisputed(payment)
            let dispute = world.state.dispute(last.id)
            return world.tell(
                dispute?.isClosed == true ? "charge.dispute.closed" : "charge.dispute.updated",
                dispute?.json, "evt_\(id)")
        }
    }

    /// Says until when the latest dispute of a payment takes evidence.
    package func setDue(_ payment: String, at due: Date) {
        act { world, _ in
            guard let last = world.state.disputes.last(where: { $0.paymentID == payment }) else {
                preconditionFailure("nothing was disputed of \(payment)")
            }
            world.state.edit(dispute: last.id) { $0.dueAt = due }
        }
    }

    /// The evidence of the latest dispute of a payment, by Stripe's names, and how often it was
    /// submitted.
    package func evidence(of payment: String) -> (fields: [String: String], submissions: Int)? {
        books.withLock { books in
            books.stripe.disputes.last { $0.paymentID == payment }
                .map { (fields: $0.evidence, submissions: $0.submissions) }
        }
    }

    /// Another event about the same object, as Stripe sends now and then.
    package func repeated(_ event: String) -> String {
        books.withLock { books in
            books.count += 1
            let json = books.stripe.events.first { $0.id == event }?.json ?? ""
            return json.replacing(event, with: "evt_\(name)\(books.count)", maxReplacements: 1)
        }
    }

    /// From now on the account is settled in another currency.
    package func settle(in currency: String, rate: Double) {
        act { world, _ in
            world.state.settlement = StripeSettlement(currency: currency, rate: rate)
        }
    }

    // MARK: Looks

    /// Shows things as they were after act number `index`, from 0.
    package func show(_ index: Int) {
        books.withLock { $0.stripe = $0.history[index] }
    }

    /// Shows things as they are.
    package func showAll() {
        books.withLock { books in
            if let last = books.history.last { books.stripe = last }
        }
    }

    /// Id, amount and status of each refund of a payment, newest last.
    package func refunds(of payment: String) -> [(id: String, cents: Int, status: String)] {
        books.withLock { books in
            books.stripe.refunds.filter { $0.paymentID == payment }
                .map { ($0.id, $0.amount, $0.status) }
        }
    }

    // MARK: -

    static func payment(of session: String) -> String { "pi_\(session)" }
    static func charge(of payment: String) -> String { "ch_" + payment.dropFirst(3) }

    private func change(
        _ id: String, _ type: String, _ change: (inout StripeSession) -> Void
    ) -> String {
        act { world, number in
            world.state.edit(session: id, change)
            guard let session = world.state.session(id) else {
                preconditionFailure("no session \(id)")
            }
            world.settle(session)
            return world.tell(
                type, world.state.session(id)?.json(world.state, site), "evt_\(number)")
        }
    }

    private func act<T: Sendable>(_ body: (inout StripeWorld, String) -> T) -> T {
        books.withLock { books in
            books.count += 1
            var world = world(books.stripe)
            let result = body(&world, "\(name)\(books.count)")
            books.stripe = world.state
            books.note()
            return result
        }
    }

    private func world(_ state: StripeState) -> StripeWorld {
        StripeWorld(state: state, hooks: HookQueue(), site: site, now: clock())
    }
}

extension StripeAccount.Books {
    fileprivate mutating func note() { history.append(stripe) }
}

extension StripeWorld {
    fileprivate mutating func addPayment(of session: StripeSession) {
        let id = StripeAccount.payment(of: session.id)
        guard state.payment(id) == nil else { return }
        state.payments.append(
            StripePayment(
                id: id, sessionID: session.id, amount: session.amount, currency: session.currency,
                metadata: session.paymentMetadata, createdAt: session.createdAt,
                status: "requires_payment_method"))
    }

    /// Lets the payment of a session be what the session says of it.
    fileprivate mutating func settle(_ session: StripeSession) {
        addPayment(of: session)
        let payment = StripeAccount.payment(of: session.id)
        if session.status == .complete {
            state.edit(session: session.id) { $0.paymentID = payment }
        }
        if session.isPaid, state.charge(of: payment) == nil {
            let charge = addCharge(
                StripeAccount.charge(of: payment), of: payment, isPaid: true, at: session.createdAt)
            if let charge { book(charge) }
            state.edit(payment: payment) { $0.status = "succeeded" }
        }
    }

    /// A card is tried: the payment's latest charge, unless another one has paid.
    fileprivate mutating func addCharge(
        _ id: String, of paymentID: String, isPaid: Bool, at time: Date
    ) -> StripeCharge? {
        guard let payment = state.payment(paymentID) else { return nil }
        let isOver = state.charge(of: paymentID) != nil
        let charge = StripeCharge(
            id: id, paymentID: paymentID, amount: payment.amount, currency: payment.currency,
            metadata: payment.metadata, createdAt: time, isPaid: isPaid,
            isLive: state.session(payment.sessionID)?.isLive)
        state.charges.append(charge)
        if !isOver { state.edit(payment: paymentID) { $0.chargeID = id } }
        return charge
    }

    fileprivate mutating func markDisputed(_ payment: String) {
        let isDisputed = state.disputes.contains { $0.paymentID == payment && !$0.isInquiry }
        state.edit(charge: StripeAccount.charge(of: payment)) { $0.isDisputed = isDisputed }
    }

    /// Adds the event of an act to the list. Returns its JSON.
    fileprivate mutating func tell(_ type: String, _ object: String?, _ id: String) -> String {
        guard let object else { preconditionFailure("\(type) is about nothing") }
        return note(type, object, id).json
    }
}
