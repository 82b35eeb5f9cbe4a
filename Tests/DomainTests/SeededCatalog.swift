import Domain
import FoundationEssentials

/// The price list that a new shop starts with, read from the migrations that seed it.
enum SeededCatalog {
    static let catalog: Catalog = {
        do {
            return Catalog(
                version: 1, tiers: try rows(of: "0043_seed_tiers.sql").map(tier),
                packages: try rows(of: "0044_seed_packages.sql").map(package))
        } catch {
            preconditionFailure("the seeded catalog cannot be read: \(error)")
        }
    }()

    private struct Unreadable: Error { let row: [String] }

    private static func tier(_ row: [String]) throws -> Tier {
        guard row.count == 13, let cost = Int64(row[6]), let price = Int64(row[7]) else {
            throw Unreadable(row: row)
        }
        func decoded<T: Decodable>(_ text: String) throws -> T {
            try JSONDecoder().decode(T.self, from: Data(text.utf8))
        }
        return try Tier(
            id: row[1], name: row[3], model: row[4], vendorPath: row[5],
            costPerSecond: Money(micros: cost), pricePerSecond: Money(micros: price),
            durations: decoded(row[8]), features: decoded(row[9]), fields: decoded(row[10]),
            isPopular: row[11] == "TRUE", isEnabled: row[12] == "TRUE")
    }

    private static func package(_ row: [String]) throws -> Package {
        guard row.count == 7, let price = Int64(row[3]), let credits = Int64(row[4]),
            let bonus = Int64(row[5])
        else { throw Unreadable(row: row) }
        return Package(
            id: row[1], price: Money(micros: price), credits: Money(micros: credits),
            bonus: Money(micros: bonus), isPopular: row[6] == "TRUE")
    }

    /// The rows after `VALUES`, as the texts of their literals.
    private static func rows(of file: String) throws -> [[String]] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let path = (root + ["schema", file[...]]).joined(separator: "/")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let start = text.firstRange(of: "VALUES") else { throw Unreadable(row: [file]) }
        var rows: [[String]] = []
        var literal = ""
        var isQuoted = false
        var depth = 0
        for character in text[start.upperBound...] {
            switch character {
            case "'": isQuoted.toggle()
            case _ where isQuoted: literal.append(character)
            case "(":
                depth += 1
                rows.append([])
            case ",", ")":
                if depth == 1 { rows[rows.count - 1].append(literal) }
                literal = ""
                if character == ")" { depth -= 1 }
            case _ where character.isWhitespace: break
            default: literal.append(character)
            }
        }
        return rows
    }
}
