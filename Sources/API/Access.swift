/// Who may call an operation.
package enum Access: Sendable {
    case anyone
    case caller(Scope)
    case `operator`(Permission)
    case vendor(Signature)

    /// Whether it takes a session.
    package var isForCallers: Bool {
        switch self {
        case .caller, .operator: true
        case .anyone, .vendor: false
        }
    }

    package var isForOperators: Bool {
        if case .operator = self { true } else { false }
    }
}

/// What a vendor signs its messages with.
package struct Signature: Sendable {
    package let parameters: [Parameter]
    /// What a message without a good one gets.
    package let refusal: Refusal

    package init(_ parameters: [Parameter], refusal: Refusal) {
        self.parameters = parameters
        self.refusal = refusal
    }
}

/// What a caller may do for an account.
package struct Scope: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The person's own data: address, password, sign-ins.
    package static let person = Scope(rawValue: 1 << 0)
    package static let readVideos = Scope(rawValue: 1 << 1)
    package static let orderVideos = Scope(rawValue: 1 << 2)
    package static let readCredits = Scope(rawValue: 1 << 3)
    package static let buyCredits = Scope(rawValue: 1 << 4)
    package static let webhooks = Scope(rawValue: 1 << 5)

    package static let all: Scope = [
        .person, .readVideos, .orderVideos, .readCredits, .buyCredits, .webhooks,
    ]
}

/// What an operator may do.
package struct Permission: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let look = Permission(rawValue: 1 << 0)
    package static let endVideos = Permission(rawValue: 1 << 1)
    package static let moveMoney = Permission(rawValue: 1 << 2)
    package static let repairBooks = Permission(rawValue: 1 << 3)

    package static let managePeople = Permission(rawValue: 1 << 4)
    package static let setPrices = Permission(rawValue: 1 << 5)

    package static let all: Permission = [
        .look, .endVideos, .moveMoney, .repairBooks, .managePeople, .setPrices,
    ]
}
