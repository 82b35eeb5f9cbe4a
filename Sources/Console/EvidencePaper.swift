import Domain
import Media
import Stripe

/// The evidence as the text of as many pages of A4 as it takes, each with its number.
struct EvidencePaper {
    let dispute: String
    let evidence: DisputeEvidence

    /// What fits on a page in the widest of our fonts, in characters and in lines of the small text.
    private static let columns = 95
    private static let linesOfPage = 66

    private enum Line {
        case heading(String)
        case words(String)

        /// In lines of the small text: a heading has an empty line before it.
        var height: Int {
            switch self {
            case .heading: 3
            case .words: 1
            }
        }

        var markup: String {
            switch self {
            case .heading(let words): "\n<b>\(Typesetter.escaped(words))</b>"
            case .words(let words): "<span size=\"7500\">\(Typesetter.escaped(words))</span>"
            }
        }
    }

    /// Each in Pango's markup.
    var pages: [String] {
        let parts = self.parts
        return parts.enumerated().map { index, lines in
            let title = "Evidence against the dispute \(dispute)"
            let number = "Page \(index + 1) of \(parts.count)"
            let head = [
                "<span size=\"x-large\" weight=\"bold\">\(Typesetter.escaped(title))</span>",
                "<span size=\"7500\">\(number)</span>",
            ]
            return (head + lines.map(\.markup)).joined(separator: "\n")
        }
    }

    /// The lines of each page. A heading stands with the first of its lines.
    private var parts: [[Line]] {
        var pages: [[Line]] = [[]]
        var height = 0
        for line in lines {
            var needed = line.height
            if case .heading = line { needed += 1 }
            if height + needed > Self.linesOfPage {
                pages.append([])
                height = 0
            }
            pages[pages.count - 1].append(line)
            height += line.height
        }
        return pages
    }

    private var lines: [Line] {
        var lines: [Line] = []
        for (field, value) in evidence.values {
            lines.append(.heading(title(of: field)))
            for line in value.split(separator: "\n") {
                lines += Self.folded(line).map(Line.words)
            }
        }
        return lines
    }

    /// A line as the lines that it takes, broken between words where there are some; all but the
    /// first are indented.
    private static func folded(_ line: Substring) -> [String] {
        var folded: [String] = []
        var rest = line[...]
        while true {
            let indent = folded.isEmpty ? "" : "    "
            let room = columns - indent.count
            guard rest.count > room else { return folded + [indent + rest] }
            let window = rest.prefix(room)
            let end = window.lastIndex(of: " ") ?? window.endIndex
            folded.append(indent + rest[..<end])
            rest = rest[end...].drop { $0 == " " }
        }
    }

    private func title(of field: DisputeEvidence.Field) -> String {
        switch field {
        case .productDescription: "What was bought"
        case .customerAddress: "The customer's mail address"
        case .purchaseAddress: "The network address of the order"
        case .serviceDate: "Delivered"
        case .activityLog: "What the customer did"
        case .text: "Account, terms, payment and mails"
        case .file: "Paper"
        }
    }
}
