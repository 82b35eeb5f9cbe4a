import Domain

extension LedgerLine {
    /// The sentence for whoever reads the table.
    var english: String {
        switch self {
        case .video(_, let name, let seconds): "\(name) video, \(seconds) s"
        case .returned(let reason): "Returned: \(reason.english)"
        case .bought(_, let credits, let price): "Bought \(credits) of credit for \(price)"
        case .bonus(_, let amount): "Bonus of \(amount)"
        case .expired: "Credit expired"
        case .welcome: "Welcome"
        case .granted(let reason), .adjusted(let reason): reason
        case .clawedBack: "Taken back with the payment"
        case .givenBack: "Given back with the payment"
        case .heldBack: "Held back while the payment is disputed"
        case .noLongerHeldBack: "No longer held back"
        case .debtPaid: "Paid what a refund had left open"
        case .debtReturned: "Given back: a debt that you had paid"
        case .corrected: "Correction"
        case .purchaseCorrected: "Correction of a purchase"
        }
    }
}

extension FailureReason {
    fileprivate var english: String {
        switch self {
        case .vendorFailed: "the video could not be made"
        case .refused: "the prompt was refused"
        case .invalid: "the settings were not accepted"
        case .timeout: "the video was not ready in time"
        case .vendorDown: "the video service was not reachable"
        case .canceled: "canceled"
        }
    }
}
