import HTTP
import HTTPTypes

enum HTML {
    /// A part of a page, which nginx puts into the rest of it.
    static func answer(_ text: String) -> Response {
        Response(
            status: .ok, contentType: "text/html", fields: [.cacheControl: "no-store"],
            body: Array(text.utf8))
    }
}
