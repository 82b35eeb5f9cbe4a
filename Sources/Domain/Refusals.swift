package import Texts

// What a person can be told when what they asked cannot be done, each with its own words.

/// One or more fields are wrong; names all of them.
package struct InvalidInput: Error, Equatable {
    package struct Field: Equatable, Sendable {
        package let field: String
        package let phrase: Phrase

        package init(_ field: String, _ phrase: Phrase) {
            self.field = field
            self.phrase = phrase
        }

        package init(
            _ field: String, _ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]
        ) {
            self.init(field, Phrase(name, values))
        }
    }

    package let fields: [Field]

    package init(_ fields: [Field]) {
        self.fields = fields
    }

    package init(_ field: String, _ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) {
        fields = [Field(field, name, values)]
    }

    package init(_ field: String, _ phrase: Phrase) {
        fields = [Field(field, phrase)]
    }
}

/// The thing does not exist, or is another account's.
package struct NotFound: Error, Equatable {
    package init() {}
}

/// What is asked does not fit the state that the thing is in.
package struct Conflict: Error, Equatable {
    package let phrase: Phrase

    package init(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) {
        phrase = Phrase(name, values)
    }
}

/// No valid token or session came with the request.
package struct Unauthenticated: Error, Equatable {
    package init() {}
}

/// The address and password do not belong together.
package struct InvalidCredentials: Error, Equatable {
    package init() {}
}

/// The request is understood and not allowed.
package struct Forbidden: Error, Equatable {
    package let phrase: Phrase

    package init(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) {
        phrase = Phrase(name, values)
    }
}

/// The balance does not cover the price, or a debt of earlier refunds is still open.
package struct InsufficientCredits: Error, Equatable {
    package let required: Money
    package let current: Money
    /// What is missing: of the price, or the debt when there is one.
    package let shortfall: Money
    /// True when a debt, not the price, is what blocks.
    package let isDebt: Bool

    package init(required: Money, current: Money) {
        self.required = required
        self.current = current
        shortfall = required - current
        isDebt = false
    }

    package init(required: Money, current: Money, debt: Money) {
        self.required = required
        self.current = current
        shortfall = debt
        isDebt = true
    }
}

/// Too many accepted calls of one user in the window.
package struct RateLimited: Error, Equatable {
    package let limit: Int
    package let windowSeconds: Int
    package let retryAfterSeconds: Int

    package init(limit: Int, windowSeconds: Int, retryAfterSeconds: Int) {
        self.limit = limit
        self.windowSeconds = windowSeconds
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// The key was used before with another body.
package struct IdempotencyConflict: Error, Equatable {
    package init() {}
}

/// New paid jobs are not taken for the moment; what is already paid goes on.
package struct IntakeStopped: Error, Equatable {
    package let phrase: Phrase

    package init(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) {
        phrase = Phrase(name, values)
    }
}

/// An operator has paused this part of the shop: nothing new is taken, and what was accepted goes on.
package struct Paused: Error, Equatable {
    package let phrase: Phrase
    /// Until when, where the operator has said so.
    package let retryAfterSeconds: Int?

    package init(_ phrase: Phrase, retryAfterSeconds: Int?) {
        self.phrase = phrase
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// Something is wrong with the books of this account: it takes no orders until that is mended, and
/// the others go on.
package struct AccountHeld: Error, Equatable {
    package init() {}
}

/// The link was never mailed, was used, or is too old.
package struct InvalidMailToken: Error, Equatable {
    package init() {}
}
