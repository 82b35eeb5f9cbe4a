package import System

/// The one file of a form (RFC 7578), copied out of its body without lying in memory whole.
package enum FormFile {
    /// The body is no form with one file in the field that is asked for, and nothing else.
    package struct Malformed: Error, Equatable {}

    /// More than any browser writes before the bytes of a file.
    private static let maxHeadBytes = 4096
    private static let windowBytes = 64 * 1024

    /// Appends the file in the field `name` to `target`. Returns how long it is.
    ///
    /// - Parameter contentType: of the body, which names the boundary.
    package static func copy(
        _ name: String, of contentType: String, in body: OpenFile, to target: TemporaryFile
    ) throws -> Int {
        guard let boundary = boundary(in: contentType) else { throw Malformed() }
        let opening = Array("--\(boundary)\r\n".utf8)
        let head = try body.bytes(at: 0, count: maxHeadBytes)
        guard head.starts(with: opening),
            let end = position(of: Array("\r\n\r\n".utf8), in: head[opening.count...]),
            isField(name, head[opening.count..<end])
        else { throw Malformed() }
        let start = end + 4
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let length = try copy(from: start, upTo: delimiter, in: body, to: target)
        // A second part, or anything behind the form, would be read by some and not by others.
        let rest = try body.bytes(at: UInt64(start + length + delimiter.count), count: 5)
        guard rest == Array("--\r\n".utf8) || rest == Array("--".utf8) else { throw Malformed() }
        return length
    }

    /// Copies what stands before the delimiter; returns how much that is.
    private static func copy(
        from start: Int, upTo delimiter: [UInt8], in body: OpenFile, to target: TemporaryFile
    ) throws -> Int {
        var offset = start
        while true {
            let window = try body.bytes(at: UInt64(offset), count: windowBytes + delimiter.count)
            if let end = position(of: delimiter, in: window[...]) {
                try target.write(Array(window[..<end]))
                return offset + end - start
            }
            // A delimiter may begin in the last bytes.
            guard window.count == windowBytes + delimiter.count else { throw Malformed() }
            try target.write(Array(window[..<windowBytes]))
            offset += windowBytes
        }
    }

    /// Where `pattern` begins in the bytes, as an index of theirs.
    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        let (text, wanted) = (bytes.span, pattern.span)
        guard text.count >= wanted.count else { return nil }
        for start in 0...(text.count - wanted.count) where text[start] == wanted[0] {
            var length = 1
            while length < wanted.count, text[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return bytes.startIndex + start }
        }
        return nil
    }

    /// RFC 2046 5.1.1: up to 70 characters, of which we take those that browsers use.
    private static func boundary(in contentType: String) -> String? {
        guard MediaType(contentType)?.name == "multipart/form-data" else { return nil }
        let named = contentType.bytes.parts(at: ";").compactMap { part -> Bytes? in
            guard let (name, value) = part.trimmed.halves(at: "="),
                name.equals(ignoringCase: "boundary")
            else { return nil }
            return value
        }
        guard named.count == 1, var value = named.first else { return nil }
        if value.first == UInt8(ascii: "\"") { value = value.dropFirst().dropLast() }
        guard (1...70).contains(value.count), value.isToken else { return nil }
        return value.text
    }

    /// Whether the head of a part is that of a file in the field.
    private static func isField(_ name: String, _ head: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: head, as: UTF8.self)
        let lines = text.bytes.parts(at: "\n").compactMap { line -> Bytes? in
            guard let (field, value) = line.halves(at: ":"),
                field.equals(ignoringCase: "content-disposition")
            else { return nil }
            return value.last == 0x0D ? value.dropLast() : value
        }
        guard lines.count == 1, let parts = lines.first?.parts(at: ";"),
            parts[0].trimmed.equals(ignoringCase: "form-data")
        else { return false }
        let names = parts.dropFirst().map(\.trimmed).filter {
            $0.halves(at: "=")?.before.equals(ignoringCase: "name") == true
        }
        return names.count == 1 && names[0].equals("name=\"\(name)\"")
    }
}
