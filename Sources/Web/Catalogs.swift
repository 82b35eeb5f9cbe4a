import API
import Domain
import HTTP
import HTTPTypes
import JSON

/// Kept for a minute by anyone.
let publicCache = "public, max-age=60"

/// What is sold by the second.
enum Tiers {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/tiers", "listTiers", by: .anyone,
                answers: [
                    .ok(List<Tier>.self, "In the order they are shown.", isRevalidated: true)
                ], "The tiers on sale", index)
        ])

    private static func index(_ context: Context) throws -> Response {
        let tiers = try context.site.catalog().tiers.filter(\.isEnabled)
        return .json(List(tiers)).revalidated(for: context.request, cacheControl: publicCache)
    }
}

/// What is sold as credit.
enum Packages {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/credits/packages", "listPackages", by: .anyone,
                answers: [
                    .ok(List<Package>.self, "In the order they are shown.", isRevalidated: true)
                ], "The packages of credit on sale", index)
        ])

    private static func index(_ context: Context) throws -> Response {
        try Response.json(List(context.site.catalog().packages))
            .revalidated(for: context.request, cacheControl: publicCache)
    }
}
