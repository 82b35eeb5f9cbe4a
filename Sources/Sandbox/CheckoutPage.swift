import FoundationEssentials
import HTTP
import HTTPTypes

/// Stripe's hosted payment page. Each button is a plain form, so that curl can press it.
extension Sandbox {
    /// `GET /checkout/{id}`, and `POST /checkout/{id}/pay`, `/decline`, `/pay-later`, `/abandon`.
    func checkout(_ path: ArraySlice<String>, _ request: Incoming, _ send: Send) -> Response {
        let parts = Array(path)
        guard let id = parts.first, let session = read({ $0.stripe.session(id) }) else {
            return page(.notFound, "No such payment", "<p>This payment page does not exist.</p>")
        }
        switch (request.method, parts.count) {
        case (.get, 1): return show(session)
        case (.post, 2): return press(parts[1], session, send)
        default: return .text(.methodNotAllowed, "not here")
        }
    }

    private func press(_ button: String, _ session: StripeSession, _ send: Send) -> Response {
        switch button {
        case "pay": return finish(session, send) { $0.pay(session.id) }
        case "pay-later": return finish(session, send) { $0.payLater(session.id) }
        case "decline":
            guard changeStripe({ $0.decline(session.id) }) else { return show(session) }
            return show(
                session,
                notice:
                    "Your card was declined. No money was taken. Try another card, or go back.")
        case "abandon":
            guard let url = session.cancelURL else { return show(session) }
            return .seeOther(url)
        default:
            return page(.notFound, "No such button", "<p>This page has no such button.</p>")
        }
    }

    /// Ends the session. The shop is told first, and given ten seconds to answer, as Stripe does;
    /// then the buyer goes back to it.
    private func finish(
        _ session: StripeSession, _ send: Send, _ work: (inout StripeWorld) -> String?
    ) -> Response {
        let now = now
        let hook = changeStripe { world -> (isDone: Bool, hook: Hook?) in
            guard let eventID = work(&world) else { return (false, nil) }
            return (true, world.hooks.claim(messageID: eventID, at: now))
        }
        if let hook = hook.hook { deliver(hook, send: send) }
        // Pressed twice, the second one finds the work done: the buyer goes back all the same.
        let isOver = read { $0.stripe.session(session.id)?.status == .complete }
        guard hook.isDone || isOver else { return show(session) }
        return .seeOther(session.returnURL)
    }

    private func show(_ known: StripeSession, notice: String? = nil) -> Response {
        let session = read { $0.stripe.session(known.id) } ?? known
        let amount = "$\(decimal(hundredths: session.amount))"
        let price =
            session.currency == "usd"
            ? amount : "\(decimal(hundredths: session.amount)) \(session.currency.uppercased())"
        let names = session.items.map { "<p>\(Page.escape($0.name))</p>" }.joined()
        let top = names + #"<p class="amount">\#(Page.escape(price))</p>"#
        switch session.status {
        case .expired:
            return page(
                .gone, "This payment has expired",
                top + "<p>Nothing was taken. Go back to the shop and start again.</p>"
                    + back(session))
        case .complete:
            let words =
                session.isPaid
                ? "This was paid." : "You are done here; the money is still on its way."
            return page(
                .ok, session.isPaid ? "Payment complete" : "Payment is being processed",
                top + #"<p class="good">\#(words)</p>"#
                    + #"<p><a href="\#(Page.escape(session.returnURL))">Back to the shop</a></p>"#)
        case .open:
            let address = "/checkout/\(session.id)"
            let alert = notice.map { #"<p class="bad" role="alert">\#(Page.escape($0))</p>"# } ?? ""
            let until = session.expiresAt.formatted(.iso8601)
            return page(
                .ok, "Payment",
                alert + top
                    + Page.button("Pay \(price)", to: "\(address)/pay", class: "main")
                    + Page.button("Pay, and let the card be declined", to: "\(address)/decline")
                    + Page.button(
                        "Pay by a method that takes days", to: "\(address)/pay-later")
                    + (session.cancelURL == nil
                        ? "" : Page.button("Back without paying", to: "\(address)/abandon"))
                    + #"<p class="dim">Open until \#(until).</p>"#)
        }
    }

    private func back(_ session: StripeSession) -> String {
        guard let url = session.cancelURL else { return "" }
        return #"<p><a href="\#(Page.escape(url))">Back to the shop</a></p>"#
    }

    private func page(
        _ status: HTTPResponse.Status, _ title: String, _ body: String
    ) -> Response {
        .html(
            Page.document(
                title, #"<div class="card"><h1>\#(Page.escape(title))</h1>\#(body)</div>"#),
            status: status)
    }
}
