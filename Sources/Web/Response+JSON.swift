import Domain
import HTTP
import HTTPTypes
import JSON
import Sodium

extension Response {
    static func json(
        _ status: HTTPResponse.Status, _ body: [UInt8], fields: HTTPFields = [:]
    ) -> Response {
        var fields = fields
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        return Response(
            status: status, contentType: "application/json", fields: fields, body: body)
    }

    static func json(
        _ status: HTTPResponse.Status, _ value: some JSONObject, fields: HTTPFields = [:]
    ) -> Response {
        var json = JSONWriter(capacity: 1024)
        value.write(to: &json)
        return .json(status, json.bytes, fields: fields)
    }

    static func json(_ value: some JSONObject, fields: HTTPFields = [:]) -> Response {
        .json(.ok, value, fields: fields)
    }

    /// 204: it is done, and there is nothing to say.
    static var nothing: Response {
        Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// This answer with a validator of its body; 304 without the body when the client has it.
    func revalidated(for request: Request, cacheControl: String) -> Response {
        let tag = "\"\(Hex.encode(Array(SHA256.hash(body)[..<12])))\""
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

/// `{items}`: all that there is.
struct List<Item: JSONObject>: JSONObject {
    let items: [Item]

    static var schemaName: String? { Item.schemaName.map { "\($0)List" } }

    static func list<Fields: FieldList>(_ fields: inout Fields) where Fields.Source == List {
        fields.field("items") { $0.items }
    }
}

/// `{items, nextCursor}`: a part of what there is.
struct PageAnswer<Item: JSONObject>: JSONObject {
    let items: [Item]
    let nextCursor: String?

    static var schemaName: String? { Item.schemaName.map { "\($0)Page" } }

    static func list<Fields: FieldList>(_ fields: inout Fields) where Fields.Source == PageAnswer {
        fields.field("items") { $0.items }
        fields.field(
            "nextCursor", "Null on the last page.", as: Schema.text(format: "uuid").orNull
        ) { $0.nextCursor }
    }
}
