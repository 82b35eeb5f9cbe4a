import FoundationEssentials
import JSON

/// What happens to payments, each with the events that Stripe sends for it. Every function
/// does nothing and says false when the object is in no state for it.
struct StripeWorld {
    var state: StripeState
    var hooks: HookQueue
    let site: StripeSite
    let now: Date

    /// The buyer pays by card: the money is there at once.
    /// Returns the id of the event that the page waits for; nil when the session is not open.
    mutating func pay(_ sessionID: String) -> String? {
        guard let paymentID = confirm(sessionID) else { return nil }
        settle(payment: paymentID)
        return complete(sessionID, isPaid: true)
    }

    /// Somebody pays another application that shares the account: a session that the shop has not
    /// made, with any reference, and at most another shop's mark.
    mutating func payElsewhere(reference: String, amount: Int, installation: String?) -> Bool {
        let metadata = installation.map { ["rushes_installation": $0] } ?? [:]
        let session = StripeSession(
            id: Identifier.stripe("cs_test_", length: 58),
            items: [StripeSession.Item(name: "Another's", unitAmount: amount, quantity: 1)],
            currency: "usd", clientReferenceID: reference, metadata: metadata,
            paymentMetadata: metadata, successURL: "https://another.example/", cancelURL: nil,
            customerEmail: nil, createdAt: now, expiresAt: now.addingTimeInterval(24 * 3600))
        state.sessions.append(session)
        return pay(session.id) != nil
    }

    /// The buyer is done, and the money comes in days, or not.
    mutating func payLater(_ sessionID: String) -> String? {
        guard let paymentID = confirm(sessionID) else { return nil }
        state.edit(payment: paymentID) { $0.status = "processing" }
        emit("payment_intent.processing", state.payment(paymentID)?.json(state))
        return complete(sessionID, isPaid: false)
    }

    /// An event of a charge as it is now, as Stripe sends it at any time.
    mutating func tell(_ type: String, ofCharge id: String) -> Bool {
        emit(type, state.charge(id)?.json) != nil
    }

    /// The card is declined: one try has failed, with a charge of its own; the session stays open.
    mutating func decline(_ sessionID: String) -> Bool {
        guard let paymentID = confirm(sessionID) else { return false }
        let charge = addCharge(of: paymentID, isPaid: false)
        emit("charge.failed", charge?.json)
        emit("payment_intent.payment_failed", state.payment(paymentID)?.json(state))
        return true
    }

    /// A payment that was to come later has come, or has not.
    mutating func settleLater(_ sessionID: String, succeeds: Bool) -> Bool {
        guard let session = state.session(sessionID), session.status == .complete,
            !session.isPaid, !session.hasFailed, let paymentID = session.paymentID
        else { return false }
        if succeeds {
            settle(payment: paymentID)
            state.edit(session: sessionID) { $0.isPaid = true }
        } else {
            state.edit(payment: paymentID) { $0.status = "requires_payment_method" }
            state.edit(session: sessionID) { $0.hasFailed = true }
            emit("payment_intent.payment_failed", state.payment(paymentID)?.json(state))
        }
        let name = succeeds ? "succeeded" : "failed"
        emit("checkout.session.async_payment_\(name)", sessionJSON(sessionID))
        return true
    }

    mutating func expire(_ sessionID: String) -> Bool {
        guard state.session(sessionID)?.status == .open else { return false }
        state.edit(session: sessionID) { $0.status = .expired }
        if let paymentID = state.session(sessionID)?.paymentID {
            state.edit(payment: paymentID) { $0.status = "canceled" }
        }
        emit("checkout.session.expired", sessionJSON(sessionID))
        return true
    }

    /// Sends money of a charge back. Returns the refund; nil when that much is not left.
    mutating func refund(
        _ charge: StripeCharge, amount: Int, reason: String?, metadata: [String: String]
    ) -> StripeRefund? {
        guard amount > 0, amount <= charge.amount - charge.amountRefunded else { return nil }
        let refund = StripeRefund(
            id: Identifier.stripe("re_"), chargeID: charge.id, paymentID: charge.paymentID,
            amount: amount, currency: charge.currency, reason: reason, metadata: metadata,
            createdAt: now)
        state.refunds.append(refund)
        book(refund)
        state.edit(charge: charge.id) { $0.amountRefunded += amount }
        emit("refund.created", refund.json)
        emit("charge.refunded", state.charge(charge.id)?.json)
        return refund
    }

    /// The bank gives a refund back: the buyer never got the money.
    mutating func failRefund(_ id: String) -> Bool {
        guard let refund = state.refund(id), refund.status == "succeeded" else { return false }
        state.edit(refund: id) {
            $0.status = "failed"
            $0.failureReason = "lost_or_stolen_card"
        }
        state.edit(charge: refund.chargeID) { $0.amountRefunded -= refund.amount }
        bookFailure(of: refund)
        emit("refund.updated", state.refund(id)?.json)
        emit("refund.failed", state.refund(id)?.json)
        return true
    }

    /// The buyer's bank asks for the money back, or as an inquiry only asks.
    mutating func openDispute(
        _ charge: StripeCharge, isInquiry: Bool, amount: Int
    ) -> StripeDispute? {
        guard amount > 0, !state.disputes.contains(where: { $0.chargeID == charge.id }) else {
            return nil
        }
        let dispute = StripeDispute(
            id: Identifier.stripe("du_"), chargeID: charge.id, paymentID: charge.paymentID,
            amount: amount, currency: charge.currency, createdAt: now,
            status: isInquiry ? "warning_needs_response" : "needs_response")
        state.disputes.append(dispute)
        state.edit(charge: charge.id) { $0.isDisputed = true }
        emit("charge.dispute.created", dispute.json)
        if !isInquiry {
            bookWithdrawal(for: dispute)
            emit("charge.dispute.funds_withdrawn", dispute.json)
        }
        return dispute
    }

    /// An inquiry becomes a dispute: now the money is gone.
    mutating func escalateDispute(_ id: String) -> Bool {
        guard let dispute = state.dispute(id), dispute.isInquiry, !dispute.isClosed else {
            return false
        }
        state.edit(dispute: id) { $0.status = "needs_response" }
        bookWithdrawal(for: dispute)
        emit("charge.dispute.updated", state.dispute(id)?.json)
        emit("charge.dispute.funds_withdrawn", state.dispute(id)?.json)
        return true
    }

    /// Ends a dispute as `won` or `lost`, or an inquiry as `warning_closed`.
    mutating func closeDispute(_ id: String, as status: String) -> Bool {
        guard let dispute = state.dispute(id), !dispute.isClosed,
            dispute.isInquiry == (status == "warning_closed")
        else { return false }
        state.edit(dispute: id) { $0.status = status }
        if status == "won" {
            bookReinstatement(of: dispute)
            emit("charge.dispute.funds_reinstated", state.dispute(id)?.json)
        }
        emit("charge.dispute.closed", state.dispute(id)?.json)
        return true
    }

    /// Sends an event once more, whatever became of it before.
    mutating func resend(_ eventID: String) -> Bool {
        guard let event = state.events.last(where: { $0.id == eventID }) else { return false }
        queue(event)
        return true
    }

    /// The payment of an open session, made when the buyer first confirms.
    private mutating func confirm(_ sessionID: String) -> String? {
        guard let session = state.session(sessionID), session.status == .open,
            session.expiresAt > now
        else { return nil }
        if let paymentID = session.paymentID { return paymentID }
        let payment = StripePayment(
            id: Identifier.stripe("pi_"), sessionID: sessionID, amount: session.amount,
            currency: session.currency, metadata: session.paymentMetadata, createdAt: now,
            status: "requires_payment_method")
        state.payments.append(payment)
        state.edit(session: sessionID) { $0.paymentID = payment.id }
        return payment.id
    }

    private mutating func settle(payment id: String) {
        guard let charge = addCharge(of: id, isPaid: true) else { return }
        book(charge)
        state.edit(payment: id) { $0.status = "succeeded" }
        emit("charge.succeeded", charge.json)
        emit("payment_intent.succeeded", state.payment(id)?.json(state))
    }

    /// A card is tried: the payment's latest charge.
    private mutating func addCharge(of paymentID: String, isPaid: Bool) -> StripeCharge? {
        guard let payment = state.payment(paymentID) else { return nil }
        let charge = StripeCharge(
            id: Identifier.stripe("ch_"), paymentID: paymentID, amount: payment.amount,
            currency: payment.currency, metadata: payment.metadata, createdAt: now, isPaid: isPaid)
        state.charges.append(charge)
        state.edit(payment: paymentID) { $0.chargeID = charge.id }
        return charge
    }

    private mutating func complete(_ sessionID: String, isPaid: Bool) -> String? {
        state.edit(session: sessionID) {
            $0.status = .complete
            $0.isPaid = isPaid
        }
        return emit("checkout.session.completed", sessionJSON(sessionID))
    }

    private func sessionJSON(_ id: String) -> String? {
        state.session(id)?.json(state, site)
    }

    /// Notes an event about an object as it is now, and tells the shop. Returns its id.
    @discardableResult
    mutating func emit(_ type: String, _ object: String?) -> String? {
        guard let object else { return nil }
        let event = note(type, object, Identifier.stripe("evt_"))
        if state.events.count > StripeState.eventLimit { state.events.removeFirst() }
        if state.sendsEvents { queue(event) }
        return event.id
    }

    /// Adds an event about an object to the list.
    mutating func note(_ type: String, _ object: String, _ id: String) -> StripeEvent {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("object", "event")
        json.member("api_version", StripeVersion.pinned)
        json.member("created", now.unixSeconds)
        json.key("data")
        json.beginObject()
        json.key("object")
        json.literal(object)
        json.endObject()
        json.member("livemode", false)
        json.member("pending_webhooks", 1)
        json.key("request")
        json.beginObject()
        json.member("id", nil as String?)
        json.member("idempotency_key", nil as String?)
        json.endObject()
        json.member("type", type)
        json.endObject()
        let event = StripeEvent(
            id: id, type: type, json: String(decoding: json.bytes, as: UTF8.self), createdAt: now)
        state.events.append(event)
        return event
    }

    private mutating func queue(_ event: StripeEvent) {
        hooks.add(
            Hook(
                vendor: .stripe, url: site.webhookURL,
                messageID: event.id, subject: event.type, body: event.json, signedAt: now,
                nextAt: now))
    }
}

enum StripeVersion {
    /// What objects and events are rendered in.
    static let pinned = "2026-10-28.endive"
}

extension Sandbox {
    /// Lets something happen at Stripe's, in one step.
    func changeStripe<Result: Sendable>(_ body: (inout StripeWorld) -> Result) -> Result {
        let now = now
        let site = settings.stripeSite
        return change { state in
            var world = StripeWorld(
                state: state.stripe, hooks: state.hooks, site: site, now: now)
            // Both are in the world now; one owner each, or every change would copy them.
            state.stripe = StripeState()
            state.hooks = HookQueue()
            let result = body(&world)
            state.stripe = world.state
            state.hooks = world.hooks
            return result
        }
    }
}

extension StripeState {
    mutating func expireSessions(
        at now: Date, _ site: StripeSite, _ hooks: inout HookQueue
    ) {
        let due = sessions.filter { $0.status == .open && $0.expiresAt <= now }.map(\.id)
        guard !due.isEmpty else { return }
        var world = StripeWorld(state: self, hooks: hooks, site: site, now: now)
        for id in due { _ = world.expire(id) }
        self = world.state
        hooks = world.hooks
    }
}
