package import Domain
package import HTTP
package import JSON
import Texts

/// How many items a page has at most.
package enum PageLimit {
    package static let range = 1...100
    package static let standard = 20
}

/// Which part of a list is asked for.
package struct Page<Kind> {
    package let limit: Int
    package let cursor: ID<Kind>?

    /// Reads `limit` and `cursor`, adding what is wrong to `problems`.
    package init(_ query: Query, problems: inout [InvalidInput.Field]) {
        var limit = PageLimit.standard
        if let text = query["limit"] {
            if let number = text.bytes.decimal, PageLimit.range.contains(number) {
                limit = number
            } else {
                problems.append(.init("limit", .limitMalformed))
            }
        }
        var cursor: ID<Kind>?
        if let text = query["cursor"] {
            cursor = ID(text)
            if cursor == nil {
                problems.append(.init("cursor", .cursorMalformed))
            }
        }
        self.limit = limit
        self.cursor = cursor
    }

    /// Reads them where nothing else is asked for.
    package init(_ request: Request) throws {
        var problems: [InvalidInput.Field] = []
        self.init(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
    }

    /// The items that belong to this page, out of one more than the limit, and the cursor of the
    /// next page.
    package func answer<Row, Item: JSONObject>(
        _ rows: [Row], id: (Row) -> ID<Kind>, item: (Row) -> Item
    ) -> PageAnswer<Item> {
        let last = rows.count > limit ? rows[limit - 1] : nil
        return PageAnswer(
            items: rows.prefix(limit).map(item), nextCursor: last.map { id($0).description })
    }

    package func answer<Item: JSONObject>(_ items: [Item], id: (Item) -> ID<Kind>) -> PageAnswer<
        Item
    > {
        answer(items, id: id) { $0 }
    }
}
