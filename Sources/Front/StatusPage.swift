import Domain
import FoundationEssentials
import HTTP
import Store
import Texts
import Web

/// The status as HTML, which nginx puts into its page: so it needs no script. Every word that comes
/// from elsewhere is escaped.
struct StatusPage {
    private let status: StatusAnswer

    init(_ status: StatusAnswer) {
        self.status = status
    }

    var html: String {
        let sections = [
            list(status.parts.map(line) + status.pauses.map(line)), heading(.statusTimes), times,
            heading(.statusIncidents),
            incidents,
            paragraph(Phrase(.statusAsOf, ["time": .text(HTML.time(status.timestamp))])),
        ]
        return sections.joined(separator: "\n")
    }

    private func line(_ part: StatusPart) -> String {
        let (name, word): (Phrase.Name, String) =
            switch part.state {
            case .ok: (.statusOK, "ok")
            case .failing: (.statusFailing, "bad")
            case .unknown: (.statusUnknown, "none")
            }
        let since = part.since.map {
            " " + Phrase(.statusSince, ["time": .text(HTML.time($0))]).text()
        }
        return """
            <span>\(HTMLWriter.escaped(Self.name(of: part.id)))</span>\
            <span class="part \(word)">\(HTMLWriter.escaped(Phrase(name).text() + (since ?? "")))</span>
            """
    }

    private func line(_ pause: Pause) -> String {
        let name: Phrase.Name =
            switch pause.part {
            case .orders: .statusOrders
            case .purchases: .statusPurchases
            case .signups: .statusSignups
            }
        let state = Phrase(
            .statusPaused,
            ["time": .text(HTML.time(pause.since)), "words": .text(pause.phrase.text())])
        return """
            <span>\(HTMLWriter.escaped(Phrase(name).text()))</span>\
            <span class="part none" dir="auto">\(HTMLWriter.escaped(state.text()))</span>
            """
    }

    private var times: String {
        guard !status.times.isEmpty else {
            return paragraph(Phrase(status.isKnown ? .statusNoTimes : .statusNotKnown))
        }
        return list(
            status.times.map { time in
                let name = Phrase(
                    .statusVideo, ["tier": .text(time.name), "length": .number(time.duration)])
                let span = Phrase(
                    .statusUsually,
                    ["half": .seconds(time.p50Seconds), "most": .seconds(time.p90Seconds)])
                return "<span>\(HTMLWriter.escaped(name.text()))</span>"
                    + "<span>\(HTMLWriter.escaped(span.text()))</span>"
            })
    }

    private var incidents: String {
        guard !status.incidents.isEmpty else {
            return paragraph(Phrase(status.isKnown ? .statusNoIncidents : .statusNotKnown))
        }
        return list(
            status.incidents.map { incident in
                let from = Phrase.Value.text(HTML.time(incident.openedAt))
                let span =
                    incident.closedAt.map {
                        Phrase(.statusFromTo, ["from": from, "to": .text(HTML.time($0))])
                    } ?? Phrase(.statusLasts, ["from": from])
                return "<span>\(HTMLWriter.escaped(Self.name(of: incident.part)))</span>"
                    + "<span>\(HTMLWriter.escaped(span.text()))</span>"
            })
    }

    private func list(_ items: [String]) -> String {
        let lines = items.map { "<li>\($0)</li>" }.joined(separator: "\n")
        return "<ul class=\"status-list\">\n\(lines)\n</ul>"
    }

    private func heading(_ name: Phrase.Name) -> String {
        "<h2>\(HTMLWriter.escaped(Phrase(name).text()))</h2>"
    }

    private func paragraph(_ phrase: Phrase) -> String {
        "<p class=\"muted\">\(HTMLWriter.escaped(phrase.text()))</p>"
    }

    private static func name(of part: StatusPart.Name) -> String {
        let name: Phrase.Name =
            switch part {
            case .web: .statusWeb
            case .database: .statusDatabase
            case .videoService: .statusVideoService
            case .payments: .statusPayments
            case .shop: .statusShop
            }
        return Phrase(name).text()
    }
}
