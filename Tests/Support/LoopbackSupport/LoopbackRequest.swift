/// A request of HTTP/1.1 as it came, or the start of a TLS handshake.
package struct LoopbackRequest: Sendable, Equatable {
    package let body: [UInt8]
    private let bytes: [UInt8]
    /// By lower-case name; the first of each.
    package let headers: [String: String]

    /// Nil while these bytes are only the beginning of a request.
    init?(_ bytes: [UInt8]) {
        guard bytes.first != 0x16 else {
            (body, self.bytes, headers) = ([], Array("TLS".utf8), [:])
            return
        }
        let blank = Array("\r\n\r\n".utf8)
        let starts = bytes.indices.dropLast(blank.count - 1)
        guard let end = starts.first(where: { bytes[$0...].starts(with: blank) }) else {
            return nil
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let pairs = lines.dropFirst().map { line in
            let sides = line.split(separator: ": ", maxSplits: 1)
            return (sides[0].lowercased(), sides.count > 1 ? String(sides[1]) : "")
        }
        let headers = Dictionary(pairs) { first, _ in first }
        let body = bytes[(end + blank.count)...]
        guard body.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        self.bytes = bytes
        self.body = Array(body)
        self.headers = headers
    }

    /// Head and body; `TLS` for a handshake.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// With its query, as it stands in the first line.
    package var target: String {
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        return words.count > 1 ? String(words[1]) : ""
    }
}
