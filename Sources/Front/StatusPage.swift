import Domain
import FoundationEssentials
import HTTP
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
            list(status.parts.map(line)), heading(.statusTimes), times, heading(.statusIncidents),
            incidents,
            paragraph(Phrase(.statusAsOf, ["time": .text(Self.time(status.timestamp))])),
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
            " " + Phrase(.statusSince, ["time": .text(Self.time($0))]).text()
        }
        return """
            <span>\(HTMLWriter.escaped(Self.name(of: part.id)))</span>\
            <span class="part \(word)">\(HTMLWriter.escaped(Phrase(name).text() + (since ?? "")))</span>
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
                let from = Phrase.Value.text(Self.time(incident.openedAt))
                let span =
                    incident.closedAt.map {
                        Phrase(.statusFromTo, ["from": from, "to": .text(Self.time($0))])
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

    /// `2026-11-28 03:15 UTC`.
    private static func time(_ date: Date) -> String {
        date.iso8601.cut(to: 16).replacing("T", with: " ") + " UTC"
    }
}
