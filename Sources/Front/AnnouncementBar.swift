import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import Store
import Texts
import Web

/// What an operator tells everybody, as the part that nginx puts above every page: so it needs no
/// script. Every word of theirs is escaped.
enum AnnouncementBar {
    static let routes: [Route] = .part(
        "Service",
        [
            Route(
                .get, "/api/announcements/page", "announcementsPage", by: .anyone,
                answers: [
                    .file("text/html", "A fragment for every page; empty with nothing to tell.")
                ], "What is paused, and the banner, as HTML", page)
        ])

    private static func page(_ context: Context) throws -> Response {
        HTML.answer(html(try context.database.announcements()))
    }

    static func html(_ all: Announcements) -> String {
        let paused = all.pausesInForce
        let lines = paused.map { pause in
            line("warning", .announcedPause, pause.phrase.text() + expected(pause.until))
        }
        let banner = all.bannerInForce.map { banner in
            switch banner.kind {
            case .warning: line("warning", .announcedWarning, banner.words)
            case .notice:
                line(
                    "notice", .announcedNotice, banner.words,
                    closing: banner.changedAt.iso8601)
            }
        }
        let shown = lines + [banner].compactMap { $0 }
        guard !shown.isEmpty else { return "" }
        let parts = paused.map(\.part.rawValue).joined(separator: " ")
        return """
            <aside class="announcements" aria-label="\(escaped(.announcements))" data-paused="\(parts)">
            \(shown.joined(separator: "\n"))
            </aside>
            """
    }

    private static func expected(_ end: Date?) -> String {
        end.map { " " + Phrase(.announcedEnd, ["time": .text(HTML.time($0))]).text() } ?? ""
    }

    /// - Parameter closing: the name under which a browser keeps that it was closed.
    private static func line(
        _ kind: String, _ title: Phrase.Name, _ words: String, closing name: String? = nil
    ) -> String {
        let button = name.map { name in
            """
             <button class="link-button" type="button" data-close="\(name)" hidden>\
            \(escaped(.announcedClose))</button>
            """
        }
        return """
            <p class="\(kind)"><b>\(escaped(title))</b> \
            <span dir="auto">\(HTMLWriter.escaped(words))</span>\(button ?? "")</p>
            """
    }

    private static func escaped(_ name: Phrase.Name) -> String {
        HTMLWriter.escaped(Phrase(name).text())
    }
}
