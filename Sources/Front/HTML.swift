import HTTP
import HTTPTypes

/// Text as it stands in a page: an element's words, or an attribute's value between double quotes.
enum HTML {
    static func escape(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A part of a page, which nginx puts into the rest of it.
    static func answer(_ text: String) -> Response {
        Response(
            status: .ok, contentType: "text/html", fields: [.cacheControl: "no-store"],
            body: Array(text.utf8))
    }
}
