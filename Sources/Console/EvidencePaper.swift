import Media
import Stripe

/// The evidence as the text of one page of A4: the first lines of each part, where there are more.
struct EvidencePaper {
    let dispute: String
    let evidence: DisputeEvidence

    private static let mostLines = 22

    var markup: String {
        let title = "Evidence against the dispute \(escaped(dispute))"
        var lines = ["<span size=\"x-large\" weight=\"bold\">\(title)</span>"]
        for (field, value) in evidence.values {
            lines += ["", "<b>\(escaped(self.title(of: field)))</b>"]
            lines.append("<span size=\"7500\">\(part(value))</span>")
        }
        return lines.joined(separator: "\n")
    }

    private func part(_ value: String) -> String {
        let all = value.split(separator: "\n").map(String.init)
        var lines = Array(all.prefix(Self.mostLines))
        if all.count > lines.count {
            let rest = all.count - lines.count
            lines.append("(\(rest) more lines are in the text beside this paper)")
        }
        return escaped(lines.joined(separator: "\n"))
    }

    private func title(of field: DisputeEvidence.Field) -> String {
        switch field {
        case .productDescription: "What was bought"
        case .customerAddress: "The customer's mail address"
        case .purchaseAddress: "The network address of the order"
        case .serviceDate: "Delivered"
        case .activityLog: "What the customer did"
        case .text: "Account, payment and mails"
        case .file: "Paper"
        }
    }

    private func escaped(_ words: String) -> String { Typesetter.escaped(words) }
}
