import Domain
import MariaDB
import Media
import Texts

/// A document as the text of its page.
struct DocumentPage {
    let document: PaymentDocument
    let purchase: Purchase

    var markup: String {
        var lines = ["<span size=\"xx-large\" weight=\"bold\">\(say(title))</span>", ""]
        lines.append(say(.documentDate, ["date": issuedOn]))
        lines += ["", bold(.documentSeller)] + seller
        lines += ["", bold(.documentBuyer)] + buyer + [""]
        lines += subject
        let total = say(.documentTotal, ["amount": .money(document.amount)])
        lines += ["", "<span size=\"large\" weight=\"bold\">\(total)</span>", ""]
        lines.append(Typesetter.escaped(document.seller.taxLine))
        return lines.joined(separator: "\n")
    }

    private var title: Phrase {
        let number = Phrase.Value.text(document.name)
        return switch document.kind {
        case .receipt: Phrase(.documentReceipt, ["number": number])
        case .creditNote: Phrase(.documentCreditNote, ["number": number])
        case .debitNote: Phrase(.documentDebitNote, ["number": number])
        }
    }

    private var seller: [String] {
        let seller = document.seller
        let taxID = seller.taxID.isEmpty ? [] : [say(.documentTaxID, ["id": .text(seller.taxID)])]
        return [seller.name, seller.address].filter { !$0.isEmpty }.map(Typesetter.escaped) + taxID
    }

    private var buyer: [String] {
        [document.buyerName, document.buyer].compactMap { $0.map(Typesetter.escaped) }
    }

    /// What was bought, or of which purchase the money went.
    private var subject: [String] {
        let order = Phrase.Value.text("\(purchase.id)")
        switch document.kind {
        case .receipt:
            var lines = [say(.documentCredit, ["credits": .money(purchase.credits)])]
            if purchase.bonus > .zero {
                lines.append(say(.documentBonus, ["bonus": .money(purchase.bonus)]))
            }
            return lines + [say(.documentOrder, ["order": order])]
        case .creditNote: return [say(.documentWentBack, ["order": order])]
        case .debitNote: return [say(.documentCameAgain, ["order": order])]
        }
    }

    private var issuedOn: Phrase.Value {
        guard let time = CivilTime(document.issuedAt) else { return .text("") }
        return .day(year: time.year, month: time.month, day: time.day)
    }

    private func bold(_ name: Phrase.Name) -> String { "<b>\(say(name))</b>" }

    private func say(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) -> String {
        say(Phrase(name, values))
    }

    private func say(_ phrase: Phrase) -> String { Typesetter.escaped(phrase.text()) }
}
