import Domain
import Texts

extension LedgerLine {
    /// The sentence for whoever reads the table.
    var english: String {
        switch self {
        case .video(_, let name, let seconds):
            Phrase(.lineVideo, ["tier": .text(name), "seconds": .number(seconds)]).text()
        case .returned(let reason): reason.returnedLine.text()
        case .bought(_, let credits, let price):
            Phrase(.lineBought, ["credits": .money(credits), "price": .money(price)]).text()
        case .bonus(_, let amount): Phrase(.lineBonus, ["amount": .money(amount)]).text()
        case .expired: Phrase(.lineExpired).text()
        case .welcome: Phrase(.lineWelcome).text()
        case .granted(let reason), .adjusted(let reason): reason
        case .clawedBack: Phrase(.lineClawedBack).text()
        case .givenBack: Phrase(.lineGivenBack).text()
        case .heldBack: Phrase(.lineHeldBack).text()
        case .noLongerHeldBack: Phrase(.lineNoLongerHeldBack).text()
        case .debtPaid: Phrase(.lineDebtPaid).text()
        case .debtReturned: Phrase(.lineDebtReturned).text()
        case .corrected: Phrase(.lineCorrected).text()
        case .purchaseCorrected: Phrase(.linePurchaseCorrected).text()
        }
    }
}
