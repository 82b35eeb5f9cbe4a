import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Texts

/// The description of the API by itself.
enum Description: JSONField {
    static let routes: [Route] = .part(
        "Service",
        [
            Route(
                .get, "/api/openapi.json", "describe", by: .anyone,
                with: [
                    .query(
                        "for", "Their calls alone.",
                        as: .words(OpenAPI.Audience.allCases.map(\.rawValue)), component: "audience"
                    )
                ],
                answers: [.ok(Description.self, "An OpenAPI document.", isRevalidated: true)],
                "This description", show)
        ])

    private static func show(_ context: Context) throws -> Response {
        let name = Query(context.request.queryString)["for"]
        let audience = name.flatMap(OpenAPI.Audience.init)
        guard name == nil || audience != nil else {
            let names = OpenAPI.Audience.allCases.map(\.rawValue)
            throw InvalidInput([.init("for", .wordToChoose, ["names": .list(names)])])
        }
        return Response.json(.ok, try context.site.openAPI(for: audience))
            .revalidated(for: context.request, cacheControl: publicCache)
    }

    func write(to json: inout JSONWriter) {}

    static func schema(_ schemas: inout Schemas) -> Schema {
        schemas.reference("Description") { _ in .type("object") }
    }

    static var example: String { #"{"openapi":"3.1.1"}"# }
}
