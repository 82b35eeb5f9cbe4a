/// An answer of HTTP/1.1 with a body and its length.
func answer(_ status: String = "200 OK", _ body: String = "ok", fields: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
