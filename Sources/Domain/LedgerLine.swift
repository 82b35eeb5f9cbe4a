import JSON

/// What an effect on the available balance is called in the user's list.
package enum TransactionType: String, CaseIterable, Sendable {
    case creditPurchase = "credit_purchase"
    case bonus, charge, refund, expiry, clawback, reinstatement, grant, adjustment
}

/// What a line of the user's list tells, without words: a page or a mail writes it in the reader's
/// language.
package enum LedgerLine: Hashable, Sendable {
    /// The hold of a video.
    case video(tier: String, name: String, seconds: Int)
    /// A hold that came back.
    case returned(FailureReason)
    case bought(package: String, credits: Money, price: Money)
    case bonus(package: String, amount: Money)
    case expired
    /// What an account gets with its first proved address.
    case welcome
    case granted(reason: String)
    /// Given or taken by hand, to put the books right.
    case adjusted(reason: String)
    /// Taken with the money that went back.
    case clawedBack
    case givenBack
    /// While the payment is disputed.
    case heldBack
    case noLongerHeldBack
    /// A purchase pays what a refund had left open.
    case debtPaid
    /// A debt that was paid, and is none.
    case debtReturned
    /// The lines did not sum to the balance.
    case corrected
    case purchaseCorrected

    package var type: TransactionType {
        switch self {
        case .video: .charge
        case .returned: .refund
        case .bought: .creditPurchase
        case .bonus: .bonus
        case .expired: .expiry
        case .welcome, .granted: .grant
        case .adjusted, .corrected, .purchaseCorrected: .adjustment
        case .clawedBack, .heldBack, .debtPaid: .clawback
        case .givenBack, .noLongerHeldBack, .debtReturned: .reinstatement
        }
    }

    /// Names the sentence.
    package var what: String {
        switch self {
        case .video: "video"
        case .returned: "returned"
        case .bought: "bought"
        case .bonus: "bonus"
        case .expired: "expired"
        case .welcome: "welcome"
        case .granted: "granted"
        case .adjusted: "adjusted"
        case .clawedBack: "clawed_back"
        case .givenBack: "given_back"
        case .heldBack: "held_back"
        case .noLongerHeldBack: "no_longer_held_back"
        case .debtPaid: "debt_paid"
        case .debtReturned: "debt_returned"
        case .corrected: "corrected"
        case .purchaseCorrected: "purchase_corrected"
        }
    }

    /// `{"what": "video", "tier": "economy", "seconds": 5}`: what the sentence is made of. The
    /// reason of a person is cut to `limit` code points.
    package func json(reasonUpTo limit: Int) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("what", what)
        switch self {
        case .video(let tier, _, let seconds):
            json.member("tier", tier)
            json.member("seconds", seconds)
        case .returned(let reason): json.member("reason", reason.rawValue)
        case .bought(let package, let credits, let price):
            json.member("package", package)
            json.member("credits", credits)
            json.member("price", price)
        case .bonus(let package, _): json.member("package", package)
        case .granted(let reason), .adjusted(let reason):
            json.member("reason", reason.cut(to: limit))
        case .expired, .welcome, .clawedBack, .givenBack, .heldBack, .noLongerHeldBack, .debtPaid,
            .debtReturned, .corrected, .purchaseCorrected:
            break
        }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
