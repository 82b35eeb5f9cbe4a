package import Domain
package import FoundationEssentials
package import HTTP
import HTTPTypes
package import Store
package import Stripe
import Synchronization

/// Stripe as far as the shop asks it, in memory: the other end of the client's `send`.
///
/// Tests act as buyer, bank and Dashboard. Each act changes what Stripe says from then on, adds an
/// event to its list, and returns the event; whether and when that is delivered is the test's.
package final class TinyStripe: Sendable {
    /// What befalls a call.
    package enum Mishap: Sendable {
        /// It is done, and the answer is lost.
        case answerLost
        /// It never gets there.
        case notSent
        /// It is answered so, and not done.
        case answer(status: Int, body: String = "", shouldRetry: Bool? = nil)
    }

    private struct Plan: Sendable {
        let path: String
        var count: Int
        let mishap: Mishap?
        let action: (@Sendable () -> Void)?
    }

    private struct State: Sendable {
        var books = StripeBooks()
        /// How the books were after each act.
        var history: [StripeBooks] = []
        var plans: [Plan] = []
        var requests: [OutboundRequest] = []
        var count = 0
        /// The shop whose sessions are opened.
        var installation: String?
    }

    private let state = Mutex(State())
    /// Keeps ids apart from those of other tests on the same database.
    private let name = UUID().uuidString.prefix(8).lowercased()
    /// When all is made, in Unix seconds.
    package let now: Int

    package init(now: Date = Date()) {
        self.now = Int(now.timeIntervalSince1970)
    }

    /// Says whose sessions are opened from now on.
    package func serve(_ installation: InstallationID) {
        state.withLock { $0.installation = "\(installation)" }
    }

    package var client: StripeClient {
        StripeClient(secretKey: "sk_test_key", base: "https://stripe.example") {
            (request) throws(TransportError) in try self.send(request)
        }
    }

    /// The calls so far: method and path, without the query.
    package var calls: [String] {
        state.withLock { $0.requests.map { "\($0.method.rawValue) \($0.path)" } }
    }

    package var requests: [OutboundRequest] { state.withLock { $0.requests } }

    /// The next `count` calls whose path begins with `path` meet `mishap`.
    package func meet(_ mishap: Mishap, _ path: String, count: Int = 1) {
        state.withLock {
            $0.plans.append(Plan(path: path, count: count, mishap: mishap, action: nil))
        }
    }

    /// Runs `action` after the next call of `path` was made, before its answer arrives.
    package func afterNext(_ path: String, _ action: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.plans.append(Plan(path: path, count: 1, mishap: nil, action: action))
        }
    }

    // MARK: Acts

    /// The session of a purchase, as the shop asked for it; otherwise where an argument says so.
    @discardableResult
    package func open(
        _ purchase: Purchase, session: String? = nil, reference: String? = nil, cents: Int? = nil,
        subtotal: Int? = nil, currency: String = "usd", isLive: Bool? = nil,
        mode: String = "payment", createdAt: Int? = nil, metadata: [String: String]? = nil
    ) -> String {
        let mark = state.withLock { $0.installation }.map { [StripeMark.name: $0] }
        return act { books, _ in
            let price = Int(purchase.price.cents ?? 0)
            let id = session ?? purchase.sessionID ?? "cs_\(purchase.id)"
            books.sessions.append(
                StripeBooks.Session(
                    id: id, payment: "pi_\(id)", reference: reference ?? "\(purchase.id)",
                    amount: cents ?? price, subtotal: subtotal ?? cents ?? price,
                    currency: currency, isLive: isLive ?? purchase.isLive, mode: mode,
                    createdAt: createdAt ?? now, metadata: metadata ?? mark ?? [:]))
            return id
        }
    }

    /// The buyer is done; the money is there, or on its way.
    package func complete(_ session: String, isPaid: Bool = true) -> StripeEvent {
        change(session, "checkout.session.completed") { session in
            session.status = "complete"
            session.isPaid = isPaid
        }
    }

    package func succeedLater(_ session: String) -> StripeEvent {
        change(session, "checkout.session.async_payment_succeeded") { $0.isPaid = true }
    }

    package func failLater(_ session: String) -> StripeEvent {
        change(session, "checkout.session.async_payment_failed") { $0.isPaid = false }
    }

    package func expire(_ session: String) -> StripeEvent {
        change(session, "checkout.session.expired") { $0.status = "expired" }
    }

    /// A card is declined, before another one pays.
    package func decline(_ payment: String) -> StripeEvent {
        act { books, id in
            let charge = StripeBooks.Declined(
                id: "ch_no_\(id)", payment: payment,
                amount: books.session(payment: payment)?.amount ?? 0, createdAt: now)
            books.declined.append(charge)
            return tell("charge.failed", of: &books, books.json(charge), id)
        }
    }

    /// Money goes back, by hand of somebody in Stripe's Dashboard.
    package func refund(_ payment: String, cents: Int) -> StripeEvent {
        act { books, id in
            books.refunds.append(
                StripeBooks.Refund(
                    id: "re_\(id)", payment: payment, amount: cents, metadata: "{}"))
            return tell("charge.refunded", of: &books, books.charge(payment), id)
        }
    }

    /// The latest refund of a payment never reached the buyer.
    package func failRefund(of payment: String) -> StripeEvent {
        act { books, id in
            guard
                let index = books.refunds.lastIndex(where: {
                    $0.payment == payment && $0.status != "failed"
                })
            else { preconditionFailure("nothing was refunded of \(payment)") }
            books.refunds[index].status = "failed"
            return tell("refund.failed", of: &books, books.json(books.refunds[index]), id)
        }
    }

    package func dispute(
        _ payment: String, cents: Int, status: String = "needs_response", currency: String = "usd",
        isLive: Bool = false, createdAt: Int? = nil
    ) -> StripeEvent {
        act { books, id in
            let dispute = StripeBooks.Dispute(
                id: "dp_\(id)", payment: payment, amount: cents, status: status,
                createdAt: createdAt ?? now, currency: currency, isLive: isLive)
            books.disputes.append(dispute)
            return tell("charge.dispute.created", of: &books, books.json(dispute), id)
        }
    }

    /// The latest dispute of a payment is `status` now.
    package func decide(_ payment: String, _ status: String) -> StripeEvent {
        act { books, id in
            guard let index = books.disputes.lastIndex(where: { $0.payment == payment }) else {
                preconditionFailure("nothing was disputed of \(payment)")
            }
            books.disputes[index].status = status
            let isOver = ["won", "lost", "warning_closed"].contains(status)
            return tell(
                isOver ? "charge.dispute.closed" : "charge.dispute.updated", of: &books,
                books.json(books.disputes[index]), id)
        }
    }

    /// Another event about the same object, as Stripe sends now and then.
    package func repeated(_ event: StripeEvent) -> StripeEvent {
        let kept = state.withLock { state in
            state.count += 1
            let json = state.books.events.first { $0.id == event.id }?.json ?? ""
            return json.replacing(event.id, with: "evt_\(name)\(state.count)", maxReplacements: 1)
        }
        guard let event = StripeEvent(Array(kept.utf8)) else { preconditionFailure("no event") }
        return event
    }

    /// Shows things as they were after act number `index`, from 0.
    package func show(_ index: Int) {
        state.withLock { $0.books = $0.history[index] }
    }

    /// Shows things as they are.
    package func showAll() {
        state.withLock { state in
            if let last = state.history.last { state.books = last }
        }
    }

    /// The latest refund's id and status, and what it was called with.
    package func latestRefund(of payment: String) -> (id: String, cents: Int, status: String)? {
        state.withLock { state in
            state.books.refunds.last { $0.payment == payment }
                .map { ($0.id, $0.amount, $0.status) }
        }
    }

    package func refundCount(of payment: String) -> Int {
        state.withLock { $0.books.refunds.count { $0.payment == payment } }
    }

    private func change(
        _ id: String, _ type: String, _ change: (inout StripeBooks.Session) -> Void
    ) -> StripeEvent {
        act { books, number in
            guard let index = books.sessions.firstIndex(where: { $0.id == id }) else {
                preconditionFailure("no session \(id)")
            }
            change(&books.sessions[index])
            return tell(type, of: &books, books.json(books.sessions[index]), number)
        }
    }

    private func act<T: Sendable>(_ body: (inout StripeBooks, String) -> T) -> T {
        state.withLock { state in
            state.count += 1
            let result = body(&state.books, "\(name)\(state.count)")
            state.history.append(state.books)
            return result
        }
    }

    private func tell(
        _ type: String, of books: inout StripeBooks, _ object: String, _ id: String
    ) -> StripeEvent {
        let json = books.event("evt_\(id)", type, at: now, about: object)
        books.events.append(StripeBooks.Event(id: "evt_\(id)", createdAt: now, json: json))
        guard let event = StripeEvent(Array(json.utf8)) else { preconditionFailure("no event") }
        return event
    }
}

// MARK: - Answers

extension TinyStripe {
    package func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        let (mishap, answer, action) = state.withLock { state in
            state.requests.append(request)
            let index = state.plans.firstIndex { request.path.hasPrefix($0.path) }
            var plan: Plan?
            if let index {
                plan = state.plans[index]
                state.plans[index].count -= 1
                if state.plans[index].count == 0 { state.plans.remove(at: index) }
            }
            let answer: (Int, String)? =
                switch plan?.mishap {
                case nil, .answerLost: Self.answer(request, &state.books, "\(name)\(state.count)")
                case .notSent, .answer: nil
                }
            if request.method == .post {
                state.count += 1
                state.history.append(state.books)
            }
            return (plan?.mishap, answer, plan?.action)
        }
        action?()
        switch mishap {
        case .answerLost: throw TransportError(.unknown, "the connection was reset")
        case .notSent: throw TransportError(.notSent, "no connection")
        case .answer(let status, let body, let shouldRetry):
            return Self.response(status, body, shouldRetry: shouldRetry)
        case nil:
            return Self.response(answer?.0 ?? 500, answer?.1 ?? "")
        }
    }

    private static func response(
        _ status: Int, _ body: String, shouldRetry: Bool? = nil
    ) -> InboundResponse {
        var fields = HTTPFields()
        if let shouldRetry, let name = HTTPField.Name("Stripe-Should-Retry") {
            fields[name] = "\(shouldRetry)"
        }
        return InboundResponse(
            status: HTTPResponse.Status(code: status), fields: fields, body: Array(body.utf8))
    }

    private static func answer(
        _ request: OutboundRequest, _ books: inout StripeBooks, _ id: String
    ) -> (Int, String) {
        let parts = request.path.split(separator: "/").map(String.init)
        let query = Query(request.query)
        if request.method == .post {
            return parts == ["v1", "refunds"]
                ? refund(request, &books, id)
                : (404, StripeBooks.error("invalid_request_error", "no such path"))
        }
        let found: String? =
            switch (parts.dropFirst().joined(separator: "/"), parts.last ?? "") {
            case ("checkout/sessions", _): sessions(query, books)
            case ("charges", _): charges(query, books)
            case ("disputes", _): disputes(query, books)
            case ("refunds", _): refunds(query, books)
            case ("events", _): events(query, books)
            case ("balance", _): #"{"available":[],"pending":[],"livemode":false}"#
            case (let path, let id) where path.hasPrefix("checkout/sessions/"):
                books.sessions.first { $0.id == id }.map(books.json)
            case (let path, let id) where path.hasPrefix("charges/"):
                books.sessions.first { $0.payment.charge == id }.map(books.charge(of:))
                    ?? books.declined.first { $0.id == id }.map(books.json)
            case (let path, let id) where path.hasPrefix("payment_intents/"):
                books.session(payment: id).map(books.intent(of:))
            case (let path, let id) where path.hasPrefix("disputes/"):
                books.disputes.first { $0.id == id }.map(books.json)
            default: nil
            }
        guard let found else {
            return (404, StripeBooks.error("invalid_request_error", "No such object"))
        }
        return (200, found)
    }

    private static func sessions(_ query: Query, _ books: StripeBooks) -> String {
        let all = books.sessions.filter { session in
            let isWanted = query["payment_intent"].map { $0 == session.payment } ?? true
            let isThere = query["payment_intent"] == nil || session.status == "complete"
            return isWanted && isThere && (query["status"] ?? session.status) == session.status
        }
        return page(all, query, id: \.id, createdAt: \.createdAt, books.json)
    }

    private static func charges(_ query: Query, _ books: StripeBooks) -> String {
        let declined = books.declined.map {
            (id: $0.id, payment: $0.payment, createdAt: $0.createdAt, json: books.json($0))
        }
        let paid = books.sessions.filter(\.isPaid).map {
            (
                id: $0.payment.charge, payment: $0.payment, createdAt: $0.createdAt,
                json: books.charge(of: $0)
            )
        }
        let all = (declined + paid).filter {
            (query["payment_intent"] ?? $0.payment) == $0.payment
        }
        return page(all, query, id: \.id, createdAt: \.createdAt, \.json)
    }

    private static func disputes(_ query: Query, _ books: StripeBooks) -> String {
        let all = books.disputes.filter { (query["payment_intent"] ?? $0.payment) == $0.payment }
        return page(all, query, id: \.id, createdAt: \.createdAt, books.json)
    }

    private static func refunds(_ query: Query, _ books: StripeBooks) -> String {
        let all = books.refunds.filter { (query["payment_intent"] ?? $0.payment) == $0.payment }
        return page(all, query, id: \.id, createdAt: { _ in .max }, books.json)
    }

    private static func events(_ query: Query, _ books: StripeBooks) -> String {
        page(books.events, query, id: \.id, createdAt: \.createdAt) { $0.json }
    }

    /// A page, newest first.
    private static func page<Item>(
        _ items: [Item], _ query: Query, id: (Item) -> String, createdAt: (Item) -> Int,
        _ json: (Item) -> String
    ) -> String {
        let start = query["created[gte]"].flatMap { Int($0) } ?? 0
        let limit = query["limit"].flatMap { Int($0) } ?? 10
        var rest = items.reversed().filter { createdAt($0) >= start }[...]
        if let after = query["starting_after"] {
            rest = rest.drop { id($0) != after }.dropFirst()
        }
        return StripeBooks.list(rest.prefix(limit).map(json), hasMore: rest.count > limit)
    }

    /// `POST /v1/refunds`, with what makes it safe to repeat.
    private static func refund(
        _ request: OutboundRequest, _ books: inout StripeBooks, _ id: String
    ) -> (Int, String) {
        let body = request.body ?? []
        let key = request.field("idempotency-key") ?? ""
        if let known = books.keys[key] {
            guard known.body == body else {
                return (400, StripeBooks.error("idempotency_error", "other parameters"))
            }
            return (200, known.answer)
        }
        let form = Query(String(decoding: body, as: UTF8.self))
        let payment = form["payment_intent"] ?? ""
        guard !key.isEmpty, let session = books.session(payment: payment), session.isPaid,
            let cents = form["amount"].flatMap({ Int($0) }), cents > 0
        else { return (400, StripeBooks.error("invalid_request_error", "no such payment")) }
        guard !books.isDisputed(payment) else {
            return (400, StripeBooks.error("invalid_request_error", "The charge is disputed."))
        }
        guard cents <= session.amount - books.refunded(payment) else {
            return (
                400,
                StripeBooks.error(
                    "invalid_request_error", "Refund amount is greater than unrefunded amount")
            )
        }
        let refund = StripeBooks.Refund(
            id: "re_\(id)_\(books.refunds.count)", payment: payment, amount: cents,
            metadata: form["metadata[refund_id]"].map { #"{"refund_id":"\#($0)"}"# } ?? "{}")
        books.refunds.append(refund)
        let answer = books.json(refund)
        books.keys[key] = (body, answer)
        return (200, answer)
    }
}

extension StripeBooks {
    fileprivate func charge(_ payment: String) -> String {
        session(payment: payment).map(charge(of:)) ?? "null"
    }
}

extension OutboundRequest {
    package var path: String {
        let rest = url.split(separator: "?", maxSplits: 1)[0]
        return "/" + rest.split(separator: "/").dropFirst(2).joined(separator: "/")
    }

    var query: String {
        let parts = url.split(separator: "?", maxSplits: 1)
        return parts.count == 2 ? String(parts[1]) : ""
    }

    package func field(_ name: String) -> String? {
        fields.first { $0.name.canonicalName == name }?.value
    }
}
