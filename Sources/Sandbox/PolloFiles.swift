import FoundationEssentials
import HTTP
import HTTPTypes
import Sodium

/// The files that Pollo's API speaks of: pictures that were put there, and videos that were made.
extension Sandbox {
    /// `GET /uploads/{name}`, and `PUT` with the signature that `/file/sign` gave.
    func upload(_ name: String, _ request: Incoming) -> Response {
        let parts = name.split(separator: ".")
        guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter || $0.isNumber }),
            parts[1] == "jpg" || parts[1] == "png"
        else { return .text(.notFound, "not found") }
        let path = "\(settings.uploadsFolder)/\(name)"
        let type: StaticString = parts[1] == "jpg" ? "image/jpeg" : "image/png"
        switch request.method {
        case .get, .head:
            return file(path, type)
        case .put:
            let signature = settings.polloSite.signature(ofUpload: name)
            guard
                constantTimeEquals(
                    Array((request.query["signature"] ?? "").utf8), Array(signature.utf8)),
                request.header("CONTENT_TYPE") == "\(type)"
            else { return .text(.forbidden, "SignatureDoesNotMatch") }
            guard (try? Data(request.body).write(to: URL(filePath: path), options: .atomic)) != nil
            else { return .text(.internalServerError, "not written") }
            return .text(.ok, "")
        default:
            return .text(.methodNotAllowed, "GET or PUT")
        }
    }

    /// `GET /files/{name}.mp4?expires={Unix seconds}`: 403 once the link has ended.
    func video(_ name: String, _ request: Incoming) -> Response {
        let stem = name.dropLast(".mp4".count)
        guard name.hasSuffix(".mp4"), !stem.isEmpty, stem.allSatisfy(\.isHexDigit) else {
            return .text(.notFound, "not found")
        }
        let end = request.query["expires"].flatMap { Int($0) } ?? 0
        guard now.unixSeconds < end else { return .text(.forbidden, "this link has expired") }
        return file("\(settings.filesFolder)/\(name)", "video/mp4")
    }

    private func file(_ path: String, _ type: StaticString) -> Response {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            return .text(.notFound, "not found")
        }
        return Response(status: .ok, contentType: type, body: Array(data))
    }
}
