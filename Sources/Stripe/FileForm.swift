/// A form with a file in it (RFC 7578).
struct FileForm {
    /// Stands nowhere in the file.
    let boundary: String
    let fields: [(name: String, value: String)]
    let file: (name: String, type: String, bytes: [UInt8])

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    var bytes: [UInt8] {
        var text = ""
        for (name, value) in fields {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n"
            text += "\(value)\r\n"
        }
        text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; "
        text += "filename=\"\(file.name)\"\r\nContent-Type: \(file.type)\r\n\r\n"
        return Array(text.utf8) + file.bytes + Array("\r\n--\(boundary)--\r\n".utf8)
    }
}
