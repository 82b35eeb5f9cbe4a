extension Refusal {
    /// What the person reads; `{name}` stands for a value.
    var text: String {
        switch self {
        case .invalidInput: "Some fields need another value."
        case .manyInvalidInputs:
            "Some fields need another value; {rest} more of them are not named here."
        case .endedEarly: "The request ended early."
        case .unauthenticated: "Sign in to go on."
        case .unsigned: "The signature is not that of this message."
        case .invalidCredentials: "The address or the password is wrong."
        case .insufficientCredits: "This costs {required}; you have {current}."
        case .openDebt: "A refund left {shortfall} open. Buy credit to go on."
        case .forbidden, .conflict, .intakeStopped: "{message}"
        case .accountHeld:
            "We are checking the balance of your account and take no orders of it until that is "
                + "done. What is ordered goes on, and nothing is lost; we know of it."
        case .notFound: "There is nothing here."
        case .methodNotAllowed: "Use {methods}."
        case .justChanged: "The video has just changed. Look again."
        case .idempotencyConflict:
            "This Idempotency-Key was used for another request. Use a new one."
        case .tooLarge: "Send at most {limit} kB."
        case .unsupportedMediaType:
            "Send JSON, with the header Content-Type: application/json."
        case .rateLimited: "You can start {limit} in {window}. Try again in {wait}."
        case .triedTooOften: "That was tried too often. Try again in {seconds} seconds."
        case .internal: "Something broke on our side. Try again."
        case .vendorUnavailable:
            "A service that we need did not answer. Nothing was charged. Try again shortly."
        case .orderKept:
            "The payment service is slow to answer. Your order is kept, and nothing was charged. "
                + "Try again shortly."
        case .accountBusy:
            "Your earlier requests are still at work. This one did nothing; try again shortly."
        case .stripeBusy:
            "The payment service is slow to answer. Nothing was done; try again shortly."
        case .busy: "We are busy. Nothing was lost; try again shortly."
        }
    }
}

extension Refused {
    /// The refusal's text with its values.
    var text: String {
        values.reduce(refusal.text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }
}
