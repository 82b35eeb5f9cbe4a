import HTTPTypes

extension Route {
    /// The parameters of its path, in order, then the others.
    var allParameters: [Parameter] {
        let inPath = pattern.split(separator: "/").filter { $0.first == ":" }.map { part in
            let name = String(part.dropFirst())
            return parameters.first { $0.place == .path && $0.name == name } ?? .id(name)
        }
        var all = inPath + parameters.filter { $0.place != .path }
        if case .vendor(let vendor) = access { all += vendor.parameters }
        if outcomes.contains(where: \.isRevalidated) { all.append(.ifNoneMatch) }
        return all
    }

    /// All that it can be refused with, by status, each once.
    var allRefusals: [Refusal] {
        var all = refusals
        all += accessRefusals
        all += bodyRefusals
        for parameter in allParameters { all += parameter.refuses }
        if needsDatabase { all += [.internal, .busy] }
        return Refusal.allCases.filter(all.contains)
    }

    private var isSafe: Bool { method == .get }

    private var accessRefusals: [Refusal] {
        let changing: [Refusal] = isSafe ? [] : [.invalidInput, .forbidden]
        let waiting: [Refusal] = isSafe ? [] : [.accountBusy]
        return switch access {
        case .anyone: changing
        case .caller: changing + waiting + [.unauthenticated]
        case .operator: changing + waiting + [.unauthenticated, .notFound]
        case .vendor(let vendor): [vendor.refusal, .tooLarge]
        }
    }

    private var bodyRefusals: [Refusal] {
        if case .vendor = access { return [] }
        return body == nil ? [] : [.invalidInput, .tooLarge, .unsupportedMediaType]
    }
}

extension Refusal {
    /// When it is given, in the API's description.
    var says: String {
        switch self {
        case .invalidInput:
            "Something in the request is wrong; `details` names all of it, or twenty of more."
        case .endedEarly: "The request came only in part."
        case .unauthenticated: "No valid token or cookie, or a header that came twice."
        case .unsigned: "The signature is not that of the body."
        case .invalidCredentials: "Address and password do not belong together."
        case .insufficientCredits: "The balance does not cover the price. Nothing was charged."
        case .forbidden: "Another site sent this request from a visitor's browser."
        case .accountHeld: "ACCOUNT_HELD: the books of this account are being checked."
        case .notFound: "There is no such thing, or it is another user's."
        case .methodNotAllowed: "The path takes other methods, which Allow names."
        case .conflict: "It does not fit the state of things."
        case .justChanged: "It has changed meanwhile."
        case .idempotencyConflict: "IDEMPOTENCY_CONFLICT: the key was used for another request."
        case .tooLarge: "The body is longer than the call takes; the message says how much it does."
        case .unsupportedMediaType: "The body is of another type than JSON."
        case .rateLimited: "Too many calls in the window."
        case .triedTooOften: "Too many tries."
        case .internal: "Something broke on our side."
        case .vendorUnavailable: "A vendor did not answer. Nothing was charged."
        case .intakeStopped: "New orders are not taken for the moment. What is paid goes on."
        case .orderKept: "The payment service is slow. The order is kept, and nothing was charged."
        case .accountBusy: "Earlier requests of the account are still at work. Nothing was done."
        case .stripeBusy: "The payment service is slow. Nothing was done."
        case .busy: "Too much is going on. Nothing was lost."
        }
    }
}
