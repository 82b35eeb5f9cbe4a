package import HTTP
package import HTTPTypes
package import JSON
import Sodium

extension Response {
    package static func json(
        _ status: HTTPResponse.Status, _ body: [UInt8], fields: HTTPFields = [:]
    ) -> Response {
        var fields = fields
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        return Response(
            status: status, contentType: "application/json", fields: fields, body: body)
    }

    package static func json(
        _ status: HTTPResponse.Status, _ value: some JSONObject, fields: HTTPFields = [:]
    ) -> Response {
        var json = JSONWriter(capacity: 1024)
        value.write(to: &json)
        return .json(status, json.bytes, fields: fields)
    }

    package static func json(_ value: some JSONObject, fields: HTTPFields = [:]) -> Response {
        .json(.ok, value, fields: fields)
    }

    /// 204: it is done, and there is nothing to say.
    package static var nothing: Response {
        Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// This answer with a validator of its body; 304 without the body when the client has it.
    package func revalidated(for request: Request, cacheControl: String) -> Response {
        let tag = "\"\(Hex.encode(BLAKE2b.hash(body)))\""
        var fields = fields
        fields[.eTag] = tag
        fields[.cacheControl] = cacheControl
        let known = request.source.parameter("HTTP_IF_NONE_MATCH") ?? ""
        guard EntityTag.isNamed(tag, in: known) else {
            return Response(status: status, contentType: contentType, fields: fields, body: body)
        }
        return Response(status: .notModified, fields: fields)
    }
}
