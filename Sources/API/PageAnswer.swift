package import JSON

/// `{items}`: all that there is.
package struct List<Item: JSONObject>: JSONObject {
    let items: [Item]

    package init(_ items: [Item]) {
        self.items = items
    }

    package static var schemaName: String? { Item.schemaName.map { "\($0)List" } }

    package static func list<Fields: FieldList>(_ fields: inout Fields)
    where Fields.Source == List {
        fields.field("items") { $0.items }
    }
}

/// `{items, nextCursor}`: a part of what there is.
package struct PageAnswer<Item: JSONObject>: JSONObject {
    let items: [Item]
    let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    package static var schemaName: String? { Item.schemaName.map { "\($0)Page" } }

    package static func list<Fields: FieldList>(_ fields: inout Fields)
    where Fields.Source == PageAnswer {
        fields.field("items") { $0.items }
        fields.field(
            "nextCursor", "Null on the last page.", as: Schema.text(format: "uuid").orNull
        ) { $0.nextCursor }
    }
}
