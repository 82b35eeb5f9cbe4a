import Domain
import FoundationEssentials
import HTTP
import HTTPTypes

enum HTML {
    /// A part of a page, which nginx puts into the rest of it.
    static func answer(_ text: String) -> Response {
        Response(
            status: .ok, contentType: "text/html", fields: [.cacheControl: "no-store"],
            body: Array(text.utf8))
    }

    /// `2026-11-28 03:15 UTC`.
    static func time(_ date: Date) -> String {
        date.iso8601.cut(to: 16).replacing("T", with: " ") + " UTC"
    }
}
