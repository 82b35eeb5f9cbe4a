package import Domain
import FoundationEssentials
package import MariaDB

extension Connection {
    /// The version that orders are taken at now.
    package func currentCatalogVersion() throws -> Int {
        try first(
            """
            SELECT version
            FROM catalog_versions
            WHERE valid_from <= UTC_TIMESTAMP(6)
            ORDER BY version DESC
            LIMIT 1
            """
        ) { try $0("version") } ?? 0
    }

    /// All that is sold at `version`, tiers that are switched off included.
    package func catalog(version: Int) throws -> Catalog {
        let decoder = JSONDecoder()
        let steps = try costSteps(version: version)
        let tiers = try query(
            """
            SELECT id, name, model, vendor_path, cost_per_second_micros, price_per_second_micros,
                durations, features, fields, is_popular, is_enabled
            FROM tiers
            WHERE catalog_version = \(version)
            ORDER BY position
            """
        ) { row in
            func decoded<T: Decodable>(_ column: StaticString) throws -> T {
                let text: String = try row(column)
                return try decoder.decode(T.self, from: Data(text.utf8))
            }
            return try Tier(
                id: row("id"), name: row("name"), model: row("model"),
                vendorPath: row("vendor_path"), costPerSecond: row("cost_per_second_micros"),
                costSteps: steps[row("id")] ?? [],
                pricePerSecond: row("price_per_second_micros"), durations: decoded("durations"),
                features: decoded("features"), fields: decoded("fields"),
                isPopular: row("is_popular"), isEnabled: row("is_enabled"))
        }
        let packages = try query(
            """
            SELECT id, price_micros, credits_micros, bonus_micros, is_popular
            FROM packages
            WHERE catalog_version = \(version)
            ORDER BY position
            """
        ) { row in
            try Package(
                id: row("id"), price: row("price_micros"), credits: row("credits_micros"),
                bonus: row("bonus_micros"), isPopular: row("is_popular"))
        }
        return Catalog(version: version, tiers: tiers, packages: packages)
    }
}
