import Sodium

/// A form with one file (RFC 7578), as `POST /v1/files` takes it.
enum StripeUpload {
    /// Its fields, and of its file the digest, the length and the type; nil when it is no such form.
    static func form(_ body: [UInt8], _ contentType: String) -> FormBody? {
        guard let mark = contentType.split(separator: "boundary=").last.map(String.init),
            contentType.hasPrefix("multipart/form-data;"), (1...70).contains(mark.utf8.count)
        else { return nil }
        let delimiter = Array("--\(mark)".utf8)
        var pairs: [(name: String, value: String)] = []
        let parts = parts(of: body, between: delimiter)
        guard let last = parts.last, parts.first?.isEmpty == true, last.starts(with: "--".utf8)
        else { return nil }
        for part in parts.dropFirst().dropLast() {
            guard let (head, value) = halves(of: part) else { return nil }
            if head.contains("filename=") {
                pairs += about(value)
            } else if let name = head.split(separator: "name=\"").last?.split(separator: "\"").first
            {
                pairs.append((String(name), String(decoding: value, as: UTF8.self)))
            }
        }
        return FormBody(pairs)
    }

    private static func about(_ file: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        let bytes = Array(file)
        let known: [(String, [UInt8])] = [
            ("pdf", Array("%PDF-".utf8)), ("jpg", [0xFF, 0xD8, 0xFF]), ("png", [0x89, 0x50, 0x4E]),
        ]
        let type = known.first { bytes.starts(with: $0.1) }?.0 ?? ""
        return [
            ("file", Hex.encode(SHA256.hash(bytes))), ("file_size", "\(bytes.count)"),
            ("file_type", type),
        ]
    }

    /// What stands between the delimiters, which stand at the beginning of a line.
    private static func parts(
        of body: [UInt8], between delimiter: [UInt8]
    ) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var place = 0
        while place + delimiter.count <= body.count {
            if body[place] == delimiter[0],
                body[place..<(place + delimiter.count)].elementsEqual(delimiter)
            {
                parts.append(body[start..<place])
                place += delimiter.count
                start = place
            } else {
                place += 1
            }
        }
        return parts + [body[start...]]
    }

    /// The head of a part, and its value without the line ends around it.
    private static func halves(
        of part: ArraySlice<UInt8>
    ) -> (head: String, value: ArraySlice<UInt8>)? {
        let end = Array("\r\n\r\n".utf8)
        guard part.count >= 6,
            let place = part.indices.dropLast(3).first(where: {
                part[$0] == end[0] && part[$0..<($0 + 4)].elementsEqual(end)
            }), part.suffix(2).elementsEqual("\r\n".utf8)
        else { return nil }
        return (
            String(decoding: part[..<place], as: UTF8.self), part[(place + 4)...].dropLast(2)
        )
    }
}
