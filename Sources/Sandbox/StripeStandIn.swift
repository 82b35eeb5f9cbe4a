import FoundationEssentials
import JSON

extension StripeWorld {
    /// The first answer to this key; nil when there was none in the last 24 hours.
    func savedAnswer(
        _ key: String, _ fingerprint: String
    ) throws(StripeRefusal) -> StripeSavedAnswer? {
        guard let saved = state.savedAnswers[key],
            now < saved.at.addingTimeInterval(StripeState.answerLifetime)
        else { return nil }
        guard saved.fingerprint == fingerprint else {
            throw StripeRefusal(
                type: "idempotency_error",
                message:
                    "Keys for idempotent requests can only be used with the same parameters they "
                    + "were first used with.")
        }
        return saved
    }

    mutating func save(_ status: Int, _ body: String, _ key: String, _ fingerprint: String) {
        if state.savedAnswers.count >= StripeState.answerLimit {
            let oldest = now.addingTimeInterval(-StripeState.answerLifetime)
            state.savedAnswers = state.savedAnswers.filter { $0.value.at > oldest }
        }
        state.savedAnswers[key] = StripeSavedAnswer(
            fingerprint: fingerprint, status: status, body: body, at: now)
    }

    /// Runs a POST and returns the object that it has made or changed.
    mutating func run(_ path: [String], _ form: FormBody) throws(StripeRefusal) -> String {
        switch (path.count, path.first) {
        case (2, "checkout") where path[1] == "sessions":
            return try createSession(form)
        case (4, "checkout") where path[1] == "sessions" && path[3] == "expire":
            _ = try StripeParameters(form, allowed: ["expand[#]"])
            guard let session = state.session(path[2]) else {
                throw .noSuch("checkout.session", path[2])
            }
            guard expire(path[2]) else {
                throw StripeRefusal(
                    message:
                        "Only Checkout Sessions with a status in [\"open\"] can be expired. This "
                        + "Checkout Session has a status of \(session.status.rawValue).",
                    isSaved: true)
            }
            return state.session(path[2])?.json(state, site) ?? ""
        case (1, "refunds"):
            return try createRefund(form)
        case (2, "disputes"):
            return try updateDispute(path[1], form)
        case (1, "files"):
            return try createFile(form)
        default:
            throw .noSuchURL(path, "POST")
        }
    }

    private static let sessionParameters: Set<String> = [
        "mode", "line_items[#][quantity]", "line_items[#][price_data][currency]",
        "line_items[#][price_data][unit_amount]", "line_items[#][price_data][tax_behavior]",
        "line_items[#][price_data][product_data][name]",
        "line_items[#][price_data][product_data][description]",
        "line_items[#][price_data][product_data][metadata][*]", "client_reference_id",
        "metadata[*]", "payment_intent_data[metadata][*]", "payment_intent_data[description]",
        "payment_intent_data[statement_descriptor_suffix]", "success_url", "cancel_url",
        "expires_at", "customer_email", "customer_creation", "allow_promotion_codes",
        "automatic_tax[enabled]", "invoice_creation[enabled]", "allowed_payment_method_types[#]",
        "excluded_payment_method_types[#]", "adaptive_pricing[enabled]", "locale", "ui_mode",
        "submit_type", "expand[#]",
    ]

    private mutating func createSession(_ form: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(form, allowed: Self.sessionParameters)
        guard try parameters.required("mode") == "payment" else {
            throw StripeRefusal(param: "mode", message: "This stand-in knows mode=payment alone.")
        }
        if let mode = parameters["ui_mode"], mode != "hosted_page" {
            throw StripeRefusal(param: "ui_mode", message: "Invalid ui_mode: must be hosted_page.")
        }
        for name in [
            "adaptive_pricing[enabled]", "automatic_tax[enabled]", "invoice_creation[enabled]",
            "allow_promotion_codes",
        ] {
            if let value = parameters[name], value != "true", value != "false" {
                throw StripeRefusal(param: name, message: "Invalid boolean: \(value)")
            }
        }
        let successURL = try url(parameters.required("success_url"), "success_url")
        var cancelURL: String?
        if let value = parameters["cancel_url"] { cancelURL = try url(value, "cancel_url") }
        if let email = parameters["customer_email"], !email.contains("@") || email.contains(" ") {
            throw StripeRefusal(
                code: "email_invalid", param: "customer_email",
                message: "Invalid email address: \(email)")
        }
        if let reference = parameters["client_reference_id"], reference.count > 200 {
            throw StripeRefusal(
                param: "client_reference_id", message: "Invalid string: at most 200 characters.")
        }
        let allowed = parameters.list("allowed_payment_method_types")
        if let type = allowed.first(where: { !["card", "us_bank_account", "link"].contains($0) }) {
            throw StripeRefusal(
                param: "allowed_payment_method_types", message: "Invalid payment method: \(type)")
        }
        let (items, currency) = try items(of: parameters)
        let session = StripeSession(
            id: Identifier.stripe("cs_test_", length: 58), items: items, currency: currency,
            clientReferenceID: parameters["client_reference_id"],
            metadata: try parameters.map("metadata"),
            paymentMetadata: try parameters.map("payment_intent_data[metadata]"),
            successURL: successURL, cancelURL: cancelURL,
            customerEmail: parameters["customer_email"], createdAt: now,
            expiresAt: try expiry(of: parameters))
        guard session.amount >= 50 else {
            throw StripeRefusal(
                code: "amount_too_small",
                message: "The Checkout Session's total amount must convert to at least 50 cents.")
        }
        state.sessions.append(session)
        return session.json(state, site, expanding: Set(parameters.list("expand")))
    }

    private func items(
        of parameters: StripeParameters
    ) throws(StripeRefusal) -> ([StripeSession.Item], currency: String) {
        let count = try parameters.count("line_items")
        guard (1...100).contains(count) else {
            throw StripeRefusal(
                code: "parameter_missing", param: "line_items",
                message: "Missing required param: line_items.")
        }
        var items: [StripeSession.Item] = []
        var currencies: Set<String> = []
        for index in 0..<count {
            let prefix = "line_items[\(index)]"
            let price = "\(prefix)[price_data]"
            let currency = try parameters.required("\(price)[currency]")
            guard currency.utf8.count == 3, currency == currency.lowercased() else {
                throw StripeRefusal(
                    param: "\(price)[currency]", message: "Invalid currency: \(currency)")
            }
            currencies.insert(currency)
            let name = try parameters.required("\(price)[product_data][name]")
            guard let amount = try parameters.integer("\(price)[unit_amount]") else {
                _ = try parameters.required("\(price)[unit_amount]")
                continue
            }
            let quantity = try parameters.integer("\(prefix)[quantity]") ?? 1
            guard name.count <= 5000, (0...99_999_999).contains(amount),
                (1...999_999).contains(quantity)
            else {
                throw StripeRefusal(param: prefix, message: "Invalid line item.")
            }
            items.append(StripeSession.Item(name: name, unitAmount: amount, quantity: quantity))
        }
        guard currencies.count == 1, let currency = currencies.first else {
            throw StripeRefusal(param: "line_items", message: "All prices need one currency.")
        }
        return (items, currency)
    }

    private func expiry(of parameters: StripeParameters) throws(StripeRefusal) -> Date {
        guard let seconds = try parameters.integer("expires_at") else {
            return now.addingTimeInterval(24 * 3600)
        }
        // A little slack, as the request was on its way.
        let ahead = seconds - now.unixSeconds
        guard (30 * 60 - 30...24 * 3600 + 30).contains(ahead) else {
            throw StripeRefusal(
                param: "expires_at",
                message: "The expires_at timestamp must be 30 minutes to 24 hours ahead.")
        }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    private func url(_ text: String, _ name: String) throws(StripeRefusal) -> String {
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), text.utf8.count <= 5000,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw StripeRefusal(code: "url_invalid", param: name, message: "Not a valid URL")
        }
        return text
    }

    private mutating func createRefund(_ form: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(
            form,
            allowed: [
                "payment_intent", "charge", "amount", "reason", "metadata[*]", "expand[#]",
            ])
        let amount = try parameters.integer("amount")
        let metadata = try parameters.map("metadata")
        let reason = parameters["reason"]
        if let reason, !["duplicate", "fraudulent", "requested_by_customer"].contains(reason) {
            throw StripeRefusal(param: "reason", message: "Invalid reason: \(reason)")
        }
        guard let id = parameters["payment_intent"] ?? parameters["charge"] else {
            throw StripeRefusal(
                code: "parameter_missing", param: "payment_intent",
                message: "One of the following params should be provided: payment_intent, charge.")
        }
        guard
            let charge = state.charges.last(where: {
                $0.isPaid && ($0.id == id || $0.paymentID == id)
            })
        else {
            if state.payment(id) != nil {
                throw StripeRefusal(
                    message: "This PaymentIntent does not have a successful charge to refund.",
                    isSaved: true)
            }
            throw .noSuch("payment_intent", id)
        }
        let left = charge.amount - charge.amountRefunded
        if charge.isDisputed {
            let isOpen = state.disputes.contains { $0.chargeID == charge.id && !$0.isInquiry }
            if isOpen {
                throw StripeRefusal(
                    code: "charge_disputed", message: "Charge \(charge.id) has been charged back.",
                    isSaved: true)
            }
        }
        guard left > 0 else {
            throw StripeRefusal(
                code: "charge_already_refunded",
                message: "Charge \(charge.id) has already been refunded.", isSaved: true)
        }
        guard
            let refund = refund(
                charge, amount: amount ?? left, reason: reason, metadata: metadata)
        else {
            throw StripeRefusal(
                param: "amount",
                message:
                    "Refund amount (\(amount ?? left)) is greater than unrefunded amount on charge "
                    + "(\(left)).",
                isSaved: true)
        }
        return refund.json
    }
}

extension StripeState {
    /// Runs a GET and returns the object, or the page of a list.
    func read(
        _ path: [String], _ query: FormBody, _ site: StripeSite
    ) throws(StripeRefusal) -> String {
        switch (path.count, path[0]) {
        case (1, "balance"):
            _ = try StripeParameters(query, allowed: ["expand[#]"])
            return balance
        case (2, "checkout") where path[1] == "sessions":
            let parameters = try StripeParameters(
                query, allowed: Self.listParameters.union(["payment_intent", "status", "customer"]))
            let created = try Self.createdRange(parameters)
            let found = sessions.filter { session in
                created.contains(session.createdAt.unixSeconds)
                    && Self.matches(parameters["payment_intent"], session.paymentID)
                    && Self.matches(parameters["status"], session.status.rawValue)
                    && parameters["customer"] == nil
            }
            return try list(
                found.map { ($0.id, $0.json(self, site)) }, parameters, "/v1/checkout/sessions")
        case (3, "checkout") where path[1] == "sessions":
            let parameters = try StripeParameters(query, allowed: ["expand[#]"])
            guard let session = session(path[2]) else { throw .noSuch("checkout.session", path[2]) }
            var expanding = Set(parameters.list("expand"))
            if expanding.contains("payment_intent.latest_charge") {
                expanding.insert("payment_intent")
            }
            return session.json(self, site, expanding: expanding)
        case (2, "payment_intents"):
            let parameters = try StripeParameters(query, allowed: ["expand[#]"])
            guard let payment = payment(path[1]) else { throw .noSuch("payment_intent", path[1]) }
            return payment.json(
                self, isExpanded: parameters.list("expand").contains("latest_charge"))
        case (1...2, "charges"), (1...2, "refunds"), (1...2, "disputes"):
            return try readMovement(path, query)
        case (1, "balance_transactions"):
            return try readTransactions(query)
        case (1, "events"):
            return try readEvents(query)
        case (2, "events"):
            _ = try StripeParameters(query, allowed: ["expand[#]"])
            guard let event = events.last(where: { $0.id == path[1] }) else {
                throw .noSuch("event", path[1])
            }
            return event.json
        default:
            throw .noSuchURL(path, "GET")
        }
    }

    /// Charges, refunds and disputes: one by its id, or those of a payment.
    private func readMovement(
        _ path: [String], _ query: FormBody
    ) throws(StripeRefusal) -> String {
        if path.count == 2 {
            _ = try StripeParameters(query, allowed: ["expand[#]"])
            let json =
                switch path[0] {
                case "charges": charge(path[1])?.json
                case "refunds": refund(path[1])?.json
                default: dispute(path[1])?.json
                }
            guard let json else { throw .noSuch(String(path[0].dropLast()), path[1]) }
            return json
        }
        let parameters = try StripeParameters(
            query, allowed: Self.listParameters.union(["payment_intent", "charge"]))
        let created = try Self.createdRange(parameters)
        func isMeant(_ payment: String, _ charge: String, _ createdAt: Date) -> Bool {
            Self.matches(parameters["payment_intent"], payment)
                && Self.matches(parameters["charge"], charge)
                && created.contains(createdAt.unixSeconds)
        }
        let found: [(String, String)] =
            switch path[0] {
            case "charges":
                charges.filter { isMeant($0.paymentID, $0.id, $0.createdAt) }
                    .map { ($0.id, $0.json) }
            case "refunds":
                refunds.filter { isMeant($0.paymentID, $0.chargeID, $0.createdAt) }
                    .map { ($0.id, $0.json) }
            default:
                disputes.filter { isMeant($0.paymentID, $0.chargeID, $0.createdAt) }
                    .map { ($0.id, $0.json) }
            }
        return try list(found, parameters, "/v1/\(path[0])")
    }

    private func readTransactions(_ query: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(
            query, allowed: Self.listParameters.union(["type", "source", "currency", "payout"]))
        let created = try Self.createdRange(parameters)
        let isExpanded = parameters.list("expand").contains("data.source")
        let found = transactions.filter { transaction in
            created.contains(transaction.createdAt.unixSeconds)
                && Self.matches(parameters["type"], transaction.type)
                && Self.matches(parameters["source"], transaction.sourceID)
                && Self.matches(parameters["currency"], transaction.currency)
                && parameters["payout"] == nil
        }
        return try list(
            found.map { ($0.id, $0.json(self, isExpanded: isExpanded)) }, parameters,
            "/v1/balance_transactions")
    }

    private func readEvents(_ query: FormBody) throws(StripeRefusal) -> String {
        let parameters = try StripeParameters(
            query, allowed: Self.listParameters.union(["type", "types[#]", "delivery_success"]))
        let created = try Self.createdRange(parameters)
        let types = parameters.list("types")
        guard types.count <= 20, types.isEmpty || parameters["type"] == nil else {
            throw StripeRefusal(param: "types", message: "Up to 20 types, and not type as well.")
        }
        let found = events.filter { event in
            created.contains(event.createdAt.unixSeconds)
                && Self.matches(parameters["type"], event.type)
                && (types.isEmpty || types.contains(event.type))
        }
        return try list(found.map { ($0.id, $0.json) }, parameters, "/v1/events")
    }

    private var balance: String {
        let amount = transactions.reduce(0) { $0 + $1.amount - $1.fee }
        let currency = settlement?.currency ?? "usd"
        return #"{"object":"balance","available":[{"amount":\#(amount),"currency":"\#(currency)","#
            + #""source_types":{"card":\#(amount)}}],"livemode":false,"#
            + #""pending":[{"amount":0,"currency":"\#(currency)","source_types":{"card":0}}]}"#
    }

    private static let listParameters: Set<String> = [
        "limit", "starting_after", "ending_before", "expand[#]", "created", "created[gte]",
        "created[gt]", "created[lte]", "created[lt]",
    ]

    private static func matches(_ wanted: String?, _ value: String?) -> Bool {
        wanted == nil || wanted == value
    }

    private static func createdRange(
        _ parameters: StripeParameters
    ) throws(StripeRefusal) -> ClosedRange<Int> {
        var lowest = Int.min
        var highest = Int.max
        if let value = try parameters.integer("created") { (lowest, highest) = (value, value) }
        if let value = try parameters.integer("created[gte]") { lowest = max(lowest, value) }
        if let value = try parameters.integer("created[gt]") { lowest = max(lowest, value + 1) }
        if let value = try parameters.integer("created[lte]") { highest = min(highest, value) }
        if let value = try parameters.integer("created[lt]") { highest = min(highest, value - 1) }
        // An empty interval has to be some interval: that of a second before all time.
        return lowest <= highest ? lowest...highest : Int.min...Int.min
    }

    /// A page of objects that stand here oldest first, and there newest first.
    private func list(
        _ objects: [(id: String, json: String)], _ parameters: StripeParameters, _ url: String
    ) throws(StripeRefusal) -> String {
        let limit = try parameters.integer("limit") ?? 10
        guard (1...100).contains(limit) else {
            throw StripeRefusal(param: "limit", message: "Invalid limit: must be 1 to 100.")
        }
        var newestFirst = Array(objects.reversed())
        func place(_ name: String) throws(StripeRefusal) -> Int? {
            guard let id = parameters[name] else { return nil }
            guard let place = newestFirst.firstIndex(where: { $0.id == id }) else {
                throw .noSuch("object", id)
            }
            return place
        }
        var hasMore = false
        if let place = try place("ending_before") {
            let before = newestFirst[..<place]
            hasMore = before.count > limit
            newestFirst = Array(before.suffix(limit))
        } else {
            if let place = try place("starting_after") {
                newestFirst.removeFirst(place + 1)
            }
            hasMore = newestFirst.count > limit
            newestFirst = Array(newestFirst.prefix(limit))
        }
        let data = newestFirst.map(\.json).joined(separator: ",")
        return #"{"object":"list","data":[\#(data)],"has_more":\#(hasMore),"url":"\#(url)"}"#
    }
}

extension StripeRefusal {
    static func noSuch(_ kind: String, _ id: String) -> StripeRefusal {
        StripeRefusal(
            status: 404, code: "resource_missing", param: "id", message: "No such \(kind): '\(id)'")
    }

    static func noSuchURL(_ path: [String], _ method: String) -> StripeRefusal {
        StripeRefusal(
            status: 404,
            message: "Unrecognized request URL (\(method): /v1/\(path.joined(separator: "/"))).")
    }
}
