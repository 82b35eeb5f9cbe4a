/// The page that lists what there is.
extension Sandbox {
    static let shownCount = 20

    /// `GET /`.
    func index() -> String {
        let state = read { $0 }
        return Page.document(
            "Rushes sandbox",
            """
            <h1>Rushes sandbox</h1>
            <p>Stands in for Pollo (<code>/api/platform</code>) and Stripe (<code>/v1</code>).
            The shop is at <a href="\(Page.escape(settings.appURL))">\
            \(Page.escape(settings.appURL))</a>. <a href="/mail">Mail that was caught</a>.
            <a href="/control">What tests can set</a>.</p>
            <p class="dim">Words in a prompt that do something: \
            \(MagicWord.allCases.map { "<code>\($0.rawValue)</code>" }.joined(separator: " ")).</p>
            <h2>Pollo</h2>
            <p>\(decimal(hundredths: state.pollo.balanceHundredths)) credits,
            \(state.pollo.openOrders.count) of \(state.pollo.parallelLimit) tasks at once.</p>
            <p><a href="/specifications">Specifications of its models</a></p>
            \(polloButtons(state.pollo))
            \(orders(state.pollo))
            <h2>Stripe</h2>
            \(stripeButtons(state))
            \(sessions(state.stripe))
            \(movements(state.stripe))
            \(events(state.stripe))
            <h2>Webhooks</h2>
            \(hooks(state.hooks))
            """)
    }

    private func polloButtons(_ pollo: PolloState) -> String {
        let path = "/control/pollo"
        let models = PolloModel.all.map { model in
            let isDisabled = pollo.disabledModels.contains(model.path)
            return Page.button(
                "\(isDisabled ? "Enable" : "Disable") \(model.path)", to: "\(path)/models",
                [("model", model.path), ("enabled", isDisabled ? "true" : "false")])
        }
        return Page.button("Empty the balance", to: "\(path)/balance", [("credits", "0")])
            + Page.button("Fill the balance", to: "\(path)/balance", [("credits", "1000000")])
            + toggle("callbacks", pollo.sendsCallbacks, "\(path)/hooks") + models.joined()
    }

    private func stripeButtons(_ state: SandboxState) -> String {
        let path = "/control/stripe"
        let hold =
            state.hooks.holdsStripe
            ? Page.button(
                "Let the held events go, in reverse", to: "\(path)/release", [("order", "reversed")]
            )
            : Page.button("Hold events back", to: "\(path)/hold")
        return toggle("events", state.stripe.sendsEvents, "\(path)/hooks") + hold
    }

    private func toggle(_ what: String, _ isOn: Bool, _ path: String) -> String {
        Page.button(
            "\(isOn ? "Stop sending" : "Send") \(what)", to: path,
            [("enabled", isOn ? "false" : "true")])
    }

    private func orders(_ pollo: PolloState) -> String {
        let orders = pollo.orders.values.sorted { $0.createdAt > $1.createdAt }
            .prefix(Self.shownCount)
        let now = now
        let rows = orders.map { order in
            let link = order.link(settings.polloSite, until: pollo.linkEndsAt(order, now))
            let outcome =
                order.status == .succeed
                ? #"<a href="\#(Page.escape(link))">succeed</a>"# : order.status.rawValue
            return [
                code(order.id), Page.escape(order.model), "\(order.input.seconds) s", outcome,
                Page.escape(String(order.input.prompt.prefix(80))),
                Page.button("Call back again", to: "/control/pollo/tasks/\(order.id)/callback"),
            ]
        }
        return Page.table(
            "Videos ordered last", ["Task", "Model", "Length", "Status", "Prompt", ""],
            Array(rows))
    }

    private func sessions(_ stripe: StripeState) -> String {
        let rows = stripe.sessions.suffix(Self.shownCount).reversed().map { session in
            let path = "/control/stripe/sessions/\(session.id)"
            var buttons = ""
            switch session.status {
            case .open: buttons = Page.button("Expire", to: "\(path)/expire")
            case .complete where !session.isPaid && !session.hasFailed:
                buttons =
                    Page.button("The money comes", to: "\(path)/settle")
                    + Page.button("It does not", to: "\(path)/fail")
            case .complete where session.isPaid:
                let payment = "/control/stripe/payments/\(session.id)"
                buttons =
                    Page.button("Refund", to: "\(payment)/refund")
                    + Page.button("Dispute", to: "\(payment)/dispute")
                    + Page.button("Inquiry", to: "\(payment)/dispute", [("inquiry", "true")])
            default: break
            }
            return [
                #"<a href="/checkout/\#(session.id)"><code>\#(session.id.prefix(20))…</code></a>"#,
                "\(decimal(hundredths: session.amount)) \(Page.escape(session.currency))",
                session.status.rawValue, session.isPaid ? "paid" : "unpaid", buttons,
            ]
        }
        return Page.table(
            "Payments started last", ["Session", "Amount", "Status", "Money", ""], Array(rows))
    }

    private func movements(_ stripe: StripeState) -> String {
        let refunds = stripe.refunds.suffix(Self.shownCount).reversed().map { refund in
            [
                code(refund.id), decimal(hundredths: refund.amount), Page.escape(refund.status),
                refund.status == "succeeded"
                    ? Page.button("Let it fail", to: "/control/stripe/refunds/\(refund.id)/fail")
                    : "",
            ]
        }
        let disputes = stripe.disputes.suffix(Self.shownCount).reversed().map { dispute in
            let path = "/control/stripe/disputes/\(dispute.id)"
            var buttons = ""
            if !dispute.isClosed {
                buttons =
                    dispute.isInquiry
                    ? Page.button("Close", to: "\(path)/close")
                        + Page.button("Escalate", to: "\(path)/escalate")
                    : Page.button("Win", to: "\(path)/win")
                        + Page.button("Lose", to: "\(path)/lose")
            }
            return [
                code(dispute.id), decimal(hundredths: dispute.amount),
                Page.escape(dispute.status), buttons,
            ]
        }
        let heads = ["Id", "Amount", "Status", ""]
        return Page.table("Refunds", heads, Array(refunds))
            + Page.table("Disputes", heads, Array(disputes))
    }

    private func events(_ stripe: StripeState) -> String {
        let rows = stripe.events.suffix(Self.shownCount).reversed().map { event in
            let path = "/control/stripe/events/\(event.id)/resend"
            return [
                code(event.id), Page.escape(event.type),
                Page.button("Send again", to: path)
                    + Page.button("Send five times", to: path, [("times", "5")]),
            ]
        }
        return Page.table("Events", ["Id", "Type", ""], Array(rows))
    }

    private func hooks(_ queue: HookQueue) -> String {
        let rows = queue.hooks.suffix(Self.shownCount).reversed().map { hook in
            let outcome =
                hook.isDelivered
                ? "delivered" : hook.nextAt == nil ? "given up" : "waiting"
            return [
                hook.vendor.rawValue, code(hook.subject), outcome, "\(hook.attempts)",
                hook.lastStatus.map { $0 == 0 ? "no answer" : "\($0)" } ?? "",
            ]
        }
        return Page.table(
            "Webhooks sent last", ["From", "About", "State", "Attempts", "Last answer"],
            Array(rows))
    }

    private func code(_ text: String) -> String { "<code>\(Page.escape(text))</code>" }
}
