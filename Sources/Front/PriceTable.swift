import API
import Domain
import HTTP
import HTTPTypes
import Store
import Texts
import Web

/// The tiers beside each other, line by line, as HTML: what a page without a script shows is what is
/// charged.
struct PriceTable {
    static let routes: [Route] = .part(
        "Catalog",
        [
            Route(
                .get, "/api/tiers/page", "tiersPage", by: .anyone,
                answers: [.file("text/html", "A fragment without a head, for pages.")],
                "The tiers on sale as an HTML table", show)
        ])

    private let tiers: [Tier]
    private let times: [RenderTimeKey: RenderTime]

    private static func show(_ context: Context) throws -> Response {
        let tiers = try context.catalog().tiers.filter(\.isEnabled)
        return try HTML.answer(
            PriceTable(tiers: tiers, times: context.database.renderTimes()).html)
    }

    private var html: String {
        let heads = tiers.map { tier in
            """
            <th scope="col"><a href="/create?tier=\(HTMLWriter.escaped(tier.id))">\
            \(HTMLWriter.escaped(tier.name))</a>\
            <span class="hint">\(HTMLWriter.escaped(tier.model))</span></th>
            """
        }
        let lengths = Set(tiers.flatMap(\.durations)).sorted()
        let rows =
            lengths.map { length in
                row(Phrase(.tableLength, ["length": .number(length)])) { price($0, length) }
            } + [
                row(Phrase(.tableSecond)) { money($0.pricePerSecond) },
                row(Phrase(.tableFrom)) {
                    text($0.fields.text == nil ? .tablePicture : .tableBoth)
                },
                row(Phrase(.tableSize), size),
                row(Phrase(.tableShape), shapes),
                row(Phrase(.tableEnd)) {
                    text($0.fields.image?["imageTail"] == nil ? .tableNo : .tableYes)
                },
                row(Phrase(.tableSound)) { _ in text(.tableSilent) },
                row(Phrase(.tableTime), usual),
            ]
        return """
            <div class="table-wide" tabindex="0" role="region" aria-label="\(text(.tableTitle))">
            <table class="table compare"><thead><tr><th scope="col">\(text(.tableTier))</th>\
            \(heads.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>
            """
    }

    private func row(_ head: Phrase, _ cell: (Tier) -> String) -> String {
        let cells = tiers.map { "<td>\(cell($0))</td>" }.joined()
        return "<tr><th scope=\"row\">\(HTMLWriter.escaped(head.text()))</th>\(cells)</tr>"
    }

    private func text(_ name: Phrase.Name) -> String { HTMLWriter.escaped(Phrase(name).text()) }

    private func money(_ amount: Money) -> String {
        let words = Phrase.Value.money(micros: amount.micros).text()
        return "<span class=\"num\">\(HTMLWriter.escaped(words))</span>"
    }

    private func price(_ tier: Tier, _ length: Int) -> String {
        guard tier.durations.contains(length) else { return text(.tableNo) }
        return money(tier.price(forSeconds: length))
    }

    private func rule(_ name: String, of tier: Tier) -> FieldRule? {
        (tier.fields.text ?? tier.fields.image)?[name]
    }

    private func size(_ tier: Tier) -> String {
        guard let sizes = rule("resolution", of: tier)?.enum, !sizes.isEmpty else {
            return text(.tableModels)
        }
        return HTMLWriter.escaped(Phrase.Value.list(sizes).text())
    }

    private func shapes(_ tier: Tier) -> String {
        guard let shapes = rule("aspectRatio", of: tier)?.enum, !shapes.isEmpty else {
            return text(.tableAsPicture)
        }
        return HTMLWriter.escaped(Phrase.Value.list(shapes).text())
    }

    /// Of its shortest video that was measured.
    private func usual(_ tier: Tier) -> String {
        let measured = tier.durations.sorted().lazy.compactMap { length in
            times[RenderTimeKey(tierID: tier.id, duration: length)]
        }.first
        guard let measured else { return text(.tableUnmeasured) }
        let words = Phrase(
            .tableUsual,
            ["half": .seconds(measured.p50Seconds), "most": .seconds(measured.p90Seconds)])
        return HTMLWriter.escaped(words.text())
    }
}
