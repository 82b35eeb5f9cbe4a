import API
import HTTP
import HTTPTypes
import JSON

/// The description of the API by itself.
enum Description: JSONField {
    static let routes: [Route] = .part(
        "Service",
        [
            Route(
                .get, "/api/openapi.json", "describe", by: .anyone,
                answers: [.ok(Description.self, "An OpenAPI document.", isRevalidated: true)],
                "This description", show)
        ])

    private static func show(_ context: Context) throws -> Response {
        Response.json(.ok, try context.site.openAPI())
            .revalidated(for: context.request, cacheControl: publicCache)
    }

    func write(to json: inout JSONWriter) {}

    static func schema(_ schemas: inout Schemas) -> Schema {
        schemas.reference("Description") { _ in .type("object") }
    }

    static var example: String { #"{"openapi":"3.1.1"}"# }
}
