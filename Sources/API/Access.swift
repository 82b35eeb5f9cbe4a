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
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// What waits for a person, and what was done.
    package static let look = Permission(rawValue: 1 << 0)
    /// Who uses the shop, and what they make.
    package static let readPeople = Permission(rawValue: 1 << 1)
    /// What people paid and spent.
    package static let readPurchases = Permission(rawValue: 1 << 2)
    /// Costs, margins, and what the vendors say.
    package static let readMoney = Permission(rawValue: 1 << 3)
    package static let managePeople = Permission(rawValue: 1 << 4)
    package static let endVideos = Permission(rawValue: 1 << 5)
    /// Up to a sum.
    package static let refund = Permission(rawValue: 1 << 6)
    /// Any sum, and credit from nothing.
    package static let moveMoney = Permission(rawValue: 1 << 7)
    package static let repairBooks = Permission(rawValue: 1 << 8)
    package static let setPrices = Permission(rawValue: 1 << 9)
    package static let setRoles = Permission(rawValue: 1 << 10)
    /// Makes a person's sign-ins take no code any more.
    package static let resetCodes = Permission(rawValue: 1 << 11)

    /// Stops what people may do for a while, and tells everybody something.
    package static let pauseShop = Permission(rawValue: 1 << 12)

    /// What moves money, sets prices, closes the shop or opens accounts: whoever does it shows first
    /// that it is them.
    package static let needingProof: Permission = [
        .refund, .moveMoney, .repairBooks, .setPrices, .setRoles, .resetCodes, .pauseShop,
    ]

    /// Each with its name, as callers are told.
    private static let named: [(String, Permission)] = [
        ("look", .look), ("readPeople", .readPeople), ("readPurchases", .readPurchases),
        ("readMoney", .readMoney), ("managePeople", .managePeople), ("endVideos", .endVideos),
        ("refund", .refund), ("moveMoney", .moveMoney), ("repairBooks", .repairBooks),
        ("setPrices", .setPrices), ("setRoles", .setRoles), ("resetCodes", .resetCodes),
        ("pauseShop", .pauseShop),
    ]
    package static let allNames = named.map(\.0)
    package static let all = named.reduce(into: Permission()) { $0.formUnion($1.1) }

    package var names: [String] { Self.named.filter { contains($0.1) }.map(\.0) }
}
