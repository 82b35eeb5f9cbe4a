import FoundationEssentials
import HTTP
import HTTPTypes
import JSON

/// What tests and operators of the sandbox can look at and set. Bodies are forms or flat JSON
/// objects; answers are JSON, or for a browser's form a way back to the index.
extension Sandbox {
    /// Every route stands in ``controlHelp``.
    func control(_ path: [String], _ request: Incoming) -> Response {
        if request.method == .get { return look(path, request) }
        if request.method == .delete, path == ["faults"] {
            change { $0.faults = [] }
            return .text(.noContent, "")
        }
        guard request.method == .post else { return .text(.methodNotAllowed, "GET or POST") }
        let isDone: Bool?
        switch path.first {
        case "pollo": isDone = setPollo(Array(path.dropFirst()), request.fields)
        case "stripe": isDone = setStripe(Array(path.dropFirst()), request.fields)
        case "faults" where path.count == 1: return addFault(request.fields)
        case "reset" where path.count == 1:
            change { $0 = SandboxState() }
            isDone = true
        default: isDone = nil
        }
        switch isDone {
        case true? where request.wantsPage: return .seeOther("/")
        case true?:
            return .json { json in
                json.beginObject()
                json.member("done", true)
                json.endObject()
            }
        case false?: return .text(.conflict, "It is in no state for that, or a field is wrong.")
        case nil: return .text(.notFound, "There is no such control.")
        }
    }

    /// `GET /control`: what there is.
    private static let controlHelp = """
        GET  /control/state                        balances, switches, counts
        GET  /control/pollo/creates[?webhookUrl=]  create calls by callback address: how often it
                                                   was ordered for, how many tasks that made
        GET  /control/pollo/tasks                  every task, and its file's name
        GET  /control/stripe/{sessions,payments,charges,events,refunds,disputes}
        GET  /control/hooks                        webhooks, and how their sending went
        GET  /control/mail[/{name}]                mail that was caught, newest first

        POST /control/pollo/balance                credits: 12.5
        POST /control/pollo/models                 model: runway/runway-gen-4-turbo, enabled
        POST /control/pollo/parallel               limit: how many tasks at once (5)
        POST /control/pollo/delay                  milliseconds a video takes at least (1500)
        POST /control/pollo/links                  seconds: how long a link to a file lasts from
                                                   when it is given out (with the file: 14 days)
        POST /control/pollo/repeat                 count: how many of the next create calls are
                                                   answered with the id of the first one's task
        POST /control/pollo/hooks                  enabled: whether callbacks are sent
        POST /control/pollo/tasks/{id}/callback    times: sends its callback again
        POST /control/pollo/tasks/{id}/finish      status: succeed or failed, failMsg; an end for
                                                   any task, also one that has another
        POST /control/stripe/hooks                 enabled: whether events are sent
        POST /control/stripe/hold                  events wait from now on
        POST /control/stripe/release               order: created, reversed, shuffled, or event ids
                                                   joined by commas; times: each
        POST /control/stripe/events/{id}/resend    times
        POST /control/stripe/sessions/{id}/{settle,fail,expire,decline,pay}
                                                   decline: a card that is refused, with a charge
                                                   of its own; another may pay then
        POST /control/stripe/foreign               another application's payment is made: reference,
                                                   amountCents (1000), installation: its own mark
        POST /control/stripe/payments/{id}/refund  amountCents: all that is left without it. The id
                                                   is the session's, payment's or charge's
        POST /control/stripe/payments/{id}/dispute inquiry: true or false, amountCents
        POST /control/stripe/refunds/{id}/fail
        POST /control/stripe/disputes/{id}/{win,lose,close,escalate}
        POST /control/stripe/disputes/{id}/due     seconds: how long evidence is taken from now on
        POST /control/stripe/charges/{id}/tell     type: charge.failed or charge.updated; an event
                                                   of a charge as it is, also of one that failed
        POST /control/faults                       path: its start, or with exact: true all of it
                                                   (a list, not its objects); method, count (1),
                                                   when: before
                                                   or after the request has had its effect,
                                                   status (0 hangs up), contentType, body,
                                                   delayMilliseconds; or percent: how much of the
                                                   true answer's body is sent; or field, value: any
                                                   JSON text instead of that member's value in the
                                                   true answer. contains: for requests alone whose
                                                   body has this text
        DELETE /control/faults                     takes all of them back
        POST /control/reset                        forgets everything

        A prompt with !odd: and one of these names gets such a file:
        \(OddFile.allCases.map(\.rawValue).joined(separator: " "))

        Bodies are forms or flat JSON objects. 200 {"done":true}; 409 when the object is in no
        state for it or a field is wrong.

        """

    // MARK: Looking

    private func look(_ path: [String], _ request: Incoming) -> Response {
        let state = read { $0 }
        switch path {
        case []: return .text(.ok, Self.controlHelp)
        case ["state"]: return .json { write(state, to: &$0) }
        case ["pollo", "creates"]:
            return .list(creates(state.pollo, request.query["webhookUrl"]))
        case ["pollo", "tasks"]:
            let orders = state.pollo.orders.values.sorted { $0.createdAt < $1.createdAt }
            return .list(orders.map { order in { order.write(to: &$0) } })
        case ["stripe", "sessions"]:
            return .list(state.stripe.sessions.map { $0.json(state.stripe, settings.stripeSite) })
        case ["stripe", "payments"]:
            return .list(state.stripe.payments.map { $0.json(state.stripe) })
        case ["stripe", "charges"]: return .list(state.stripe.charges.map(\.json))
        case ["stripe", "events"]: return .list(state.stripe.events.map(\.json))
        case ["stripe", "refunds"]: return .list(state.stripe.refunds.map(\.json))
        case ["stripe", "disputes"]: return .list(state.stripe.disputes.map(\.json))
        case ["hooks"]: return .list(state.hooks.hooks.map { hook in { hook.write(to: &$0) } })
        case ["mail"]: return .list(caughtMail.map { mail in { mail.write(to: &$0) } })
        case _ where path.count == 2 && path[0] == "mail":
            guard let mail = caughtMail(path[1]) else { return .text(.notFound, "no such mail") }
            return .text(.ok, mail.source)
        default: return .text(.notFound, "There is no such control.")
        }
    }

    private func write(_ state: SandboxState, to json: inout JSONWriter) {
        json.beginObject()
        json.key("pollo")
        json.beginObject()
        json.key("availableCredits")
        json.literal(decimal(hundredths: state.pollo.balanceHundredths))
        json.member("parallelLimit", state.pollo.parallelLimit)
        json.member("renderMilliseconds", state.pollo.renderMilliseconds)
        json.member("hooks", state.pollo.sendsCallbacks)
        json.key("disabledModels")
        json.beginArray()
        for model in state.pollo.disabledModels.sorted() { json.string(model) }
        json.endArray()
        json.member("openTasks", state.pollo.openOrders.count)
        json.member("tasks", state.pollo.orders.count)
        json.member("createCalls", state.pollo.calls.count)
        json.endObject()
        json.key("stripe")
        json.beginObject()
        json.member("hooks", state.stripe.sendsEvents)
        json.member("isHolding", state.hooks.holdsStripe)
        json.member("sessions", state.stripe.sessions.count)
        json.member("events", state.stripe.events.count)
        json.endObject()
        json.member("waitingHooks", state.hooks.waiting.count)
        json.member("faults", state.faults.reduce(0) { $0 + $1.count })
        json.endObject()
    }

    /// `{webhookUrl, count, created, calls: [{at, path, prompt, status, taskId}]}` for each
    /// address: how often it was ordered for, and how many tasks that made.
    private func creates(
        _ pollo: PolloState, _ webhookURL: String?
    ) -> [(inout JSONWriter) -> Void] {
        let calls = pollo.calls.filter { webhookURL == nil || $0.webhookURL == webhookURL }
        let byAddress = Dictionary(grouping: calls, by: \.webhookURL)
        return byAddress.sorted { $0.key < $1.key }.map { address, calls in
            { json in
                json.beginObject()
                json.member("webhookUrl", address)
                json.member("count", calls.count)
                json.member("created", calls.count { $0.taskID != nil })
                json.key("calls")
                json.beginArray()
                for call in calls {
                    json.beginObject()
                    json.member("at", call.at.formatted(.iso8601))
                    json.member("path", call.path)
                    json.member("prompt", call.prompt)
                    json.member("status", call.status)
                    json.member("taskId", call.taskID)
                    json.endObject()
                }
                json.endArray()
                json.endObject()
            }
        }
    }

    // MARK: Pollo

    private func setPollo(_ path: [String], _ fields: [String: String]) -> Bool? {
        let now = now
        switch path {
        case ["balance"]:
            guard let credits = fields["credits"].flatMap(hundredths) else { return false }
            change { $0.pollo.balanceHundredths = credits }
        case ["models"]:
            guard let model = fields["model"], let isEnabled = fields["enabled"].flatMap(Bool.init),
                PolloModel.all.contains(where: { $0.path == model })
            else { return false }
            change { state in
                if isEnabled {
                    state.pollo.disabledModels.remove(model)
                } else {
                    state.pollo.disabledModels.insert(model)
                }
            }
        case ["parallel"]:
            guard let limit = fields["limit"].flatMap({ Int($0) }), (0...10_000).contains(limit)
            else { return false }
            change { $0.pollo.parallelLimit = limit }
        case ["delay"]:
            guard let delay = fields["milliseconds"].flatMap({ Int($0) }),
                (0...3_600_000).contains(delay)
            else { return false }
            change { $0.pollo.renderMilliseconds = delay }
        case ["links"]:
            guard let seconds = fields["seconds"].flatMap({ Int($0) }),
                (0...14 * 86_400).contains(seconds)
            else { return false }
            change { $0.pollo.linkSeconds = seconds }
        case ["hooks"]:
            guard let isEnabled = fields["enabled"].flatMap(Bool.init) else { return false }
            change { $0.pollo.sendsCallbacks = isEnabled }
        case ["repeat"]:
            guard let count = fields["count"].flatMap({ Int($0) }), (0...10_000).contains(count)
            else { return false }
            change { state in
                state.pollo.repeats = count
                state.pollo.repeatedID = nil
            }
        case _ where path.count == 3 && path[0] == "tasks" && path[2] == "callback":
            guard let times = times(fields) else { return false }
            return change { [site = settings.polloSite] state in
                guard let order = state.pollo.orders[path[1]] else { return false }
                for _ in 0..<times { state.pollo.announce(order, at: now, site, &state.hooks) }
                return true
            }
        case _ where path.count == 3 && path[0] == "tasks" && path[2] == "finish":
            guard let status = fields["status"].flatMap(PolloOrder.Status.init),
                status == .succeed || status == .failed
            else { return false }
            return change { [site = settings.polloSite] state in
                guard state.pollo.orders[path[1]] != nil else { return false }
                let message = fields["failMsg"] ?? "The generation failed on our side."
                state.pollo.orders[path[1]]?.failMessage = status == .failed ? message : nil
                state.pollo.finish(path[1], as: status, at: now, site, &state.hooks)
                return true
            }
        default: return nil
        }
        return true
    }

    // MARK: Stripe

    private func setStripe(_ path: [String], _ fields: [String: String]) -> Bool? {
        switch path {
        case ["hooks"]:
            guard let isEnabled = fields["enabled"].flatMap(Bool.init) else { return false }
            change { $0.stripe.sendsEvents = isEnabled }
            return true
        case ["hold"]:
            change { $0.hooks.holdsStripe = true }
            return true
        case ["release"]: return release(fields)
        case ["foreign"]:
            guard let reference = fields["reference"], reference.utf8.count <= 200,
                let amount = Int(fields["amountCents"] ?? "1000"),
                (50...99_999_999).contains(amount)
            else { return false }
            return changeStripe { world in
                world.payElsewhere(
                    reference: reference, amount: amount, installation: fields["installation"])
            }
        default: break
        }
        guard path.count == 3 else { return nil }
        let id = path[1]
        switch (path[0], path[2]) {
        case ("events", "resend"):
            guard let times = times(fields) else { return false }
            return changeStripe { world in (0..<times).allSatisfy { _ in world.resend(id) } }
        case ("sessions", "settle"): return changeStripe { $0.settleLater(id, succeeds: true) }
        case ("sessions", "fail"): return changeStripe { $0.settleLater(id, succeeds: false) }
        case ("sessions", "expire"): return changeStripe { $0.expire(id) }
        case ("sessions", "decline"): return changeStripe { $0.decline(id) }
        case ("sessions", "pay"): return changeStripe { $0.pay(id) != nil }
        case ("charges", "tell"):
            guard let type = fields["type"], ["charge.failed", "charge.updated"].contains(type)
            else { return false }
            return changeStripe { $0.tell(type, ofCharge: id) }
        case ("payments", "refund"):
            return changeStripe { world in
                guard let charge = world.state.charge(of: id) else { return false }
                let amount = fields["amountCents"].map { Int($0) ?? 0 }
                return world.refund(
                    charge, amount: amount ?? charge.amount - charge.amountRefunded,
                    reason: "requested_by_customer", metadata: [:]) != nil
            }
        case ("payments", "dispute"):
            return changeStripe { world in
                guard let charge = world.state.charge(of: id) else { return false }
                let amount = fields["amountCents"].map { Int($0) ?? 0 }
                return world.openDispute(
                    charge, isInquiry: fields["inquiry"] == "true",
                    amount: amount ?? charge.amount) != nil
            }
        case ("refunds", "fail"): return changeStripe { $0.failRefund(id) }
        case ("disputes", "win"): return changeStripe { $0.closeDispute(id, as: "won") }
        case ("disputes", "lose"): return changeStripe { $0.closeDispute(id, as: "lost") }
        case ("disputes", "close"):
            return changeStripe { $0.closeDispute(id, as: "warning_closed") }
        case ("disputes", "due"):
            guard let seconds = fields["seconds"].flatMap({ Int($0) }), abs(seconds) < 1 << 30
            else { return false }
            return changeStripe { world in
                guard world.state.dispute(id) != nil else { return false }
                let due = world.now.addingTimeInterval(Double(seconds))
                world.state.edit(dispute: id) { $0.dueAt = due }
                return world.emit("charge.dispute.updated", world.state.dispute(id)?.json) != nil
            }
        case ("disputes", "escalate"): return changeStripe { $0.escalateDispute(id) }
        default: return nil
        }
    }

    private func release(_ fields: [String: String]) -> Bool {
        guard let times = times(fields) else { return false }
        let now = now
        return change { state in
            let held = state.hooks.waiting.filter { $0.vendor == .stripe }
            for hook in held { for _ in 1..<times { state.hooks.add(hook) } }
            let all = state.hooks.waiting.filter { $0.vendor == .stripe }
            var order: [Int]
            switch fields["order"] ?? "created" {
            case "created": order = all.map(\.number)
            case "reversed": order = all.reversed().map(\.number)
            case "shuffled": order = all.shuffled().map(\.number)
            case let list:
                let ids = list.split(separator: ",").map(String.init)
                guard Set(ids) == Set(all.map(\.messageID)) else { return false }
                order = ids.flatMap { id in all.filter { $0.messageID == id }.map(\.number) }
            }
            state.hooks.release(in: order, at: now)
            return true
        }
    }

    // MARK: Faults

    private func addFault(_ fields: [String: String]) -> Response {
        guard let fault = Fault(fields) else {
            return .text(.badRequest, "A fault needs a path, and its other fields make no sense.")
        }
        change { $0.faults.append(fault) }
        return .json(.created) { json in
            json.beginObject()
            json.member("id", fault.id)
            json.endObject()
        }
    }

    private func times(_ fields: [String: String]) -> Int? {
        Int(fields["times"] ?? "1").flatMap { (1...100).contains($0) ? $0 : nil }
    }

    /// `12.5` as 1250.
    private func hundredths(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int(parts[0]), whole >= 0 else {
            return nil
        }
        let fraction = parts.count == 2 ? String(parts[1]) : "0"
        guard (1...2).contains(fraction.count), let digits = Int(fraction), digits >= 0,
            whole <= 1_000_000_000_000
        else { return nil }
        return whole * 100 + (fraction.count == 1 ? digits * 10 : digits)
    }
}

extension Response {
    /// `{"items": […]}`
    fileprivate static func list(_ items: [(inout JSONWriter) -> Void]) -> Response {
        .json { json in
            json.beginObject()
            json.key("items")
            json.beginArray()
            for write in items { write(&json) }
            json.endArray()
            json.endObject()
        }
    }

    fileprivate static func list(_ items: [String]) -> Response {
        list(items.map { item in { $0.literal(item) } })
    }
}

extension PolloOrder {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("taskId", id)
        json.member("model", model)
        json.member("status", status.rawValue)
        json.member("prompt", input.prompt)
        json.member("webhookUrl", webhookURL)
        json.member("file", video.fileName)
        json.member("hasFile", videoIsMade)
        json.key("credit")
        json.literal(decimal(hundredths: creditHundredths))
        json.endObject()
    }
}

extension Hook {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("from", vendor.rawValue)
        json.member("url", url)
        json.member("id", messageID)
        json.member("about", subject)
        json.member("attempts", attempts)
        json.member("lastStatus", lastStatus)
        json.member("isDelivered", isDelivered)
        json.member("isWaiting", nextAt != nil)
        json.endObject()
    }
}

extension CaughtMail {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", name)
        json.member("to", field("To"))
        json.member("subject", field("Subject"))
        json.member("date", field("Date"))
        json.key("links")
        json.beginArray()
        for link in links { json.string(link) }
        json.endArray()
        json.endObject()
    }
}
