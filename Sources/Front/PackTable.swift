import API
import Domain
import HTTP
import HTTPTypes
import Texts
import Web

/// The packages of credit as an HTML table.
enum PackTable {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/credits/packages/page", "packagesPage", by: .anyone,
                answers: [.file("text/html", "A fragment without a head, for pages.")],
                "The packages of credit as an HTML table", show)
        ])

    private static func show(_ context: Context) throws -> Response {
        HTML.answer(html(of: try context.catalog().packages))
    }

    private static func html(of packages: [Package]) -> String {
        let heads: [Phrase.Name] = [.packPrice, .packCredit, .packBonus, .packDollar]
        let rows = packages.map { pack in
            let total = pack.total.micros
            let each = Money(cents: (pack.price.micros * 100 + total / 2) / total)
            let amounts = [pack.price, pack.total, pack.bonus, each]
            return "<tr><th scope=\"row\">\(name(of: pack))</th>\(amounts.map(cell).joined())</tr>"
        }
        return """
            <div class="table-wide" tabindex="0" role="region" aria-label="\(text(.packTitle))">
            <table class="table compare"><thead><tr><th scope="col">\(text(.packName))</th>\
            \(heads.map { "<th scope=\"col\">\(text($0))</th>" }.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>
            """
    }

    private static func text(_ name: Phrase.Name) -> String {
        HTMLWriter.escaped(Phrase(name).text())
    }

    private static func cell(_ amount: Money) -> String {
        let words = Phrase.Value.money(micros: amount.micros).text()
        return "<td class=\"num\">\(HTMLWriter.escaped(words))</td>"
    }

    /// Its id with a capital: packages have no other name.
    private static func name(of pack: Package) -> String {
        HTMLWriter.escaped(pack.id.cut(to: 1).uppercased() + pack.id.dropFirst())
    }
}
