package import Domain
package import JSON

/// What a route takes, and at most how much.
package struct Body: Sendable {
    /// How much a body may be, in bytes.
    package struct Limit: Sendable {
        package let bytes: Int

        package static func kilobytes(_ count: Int) -> Limit { Limit(bytes: count * 1024) }

        /// A few short fields.
        package static let short = kilobytes(4)
        /// An order: its texts in any script, escaped, and its addresses.
        package static let order = kilobytes(16)
        /// A vendor's event, which holds a whole object. Its signature is computed before anything
        /// is believed, so this bounds what a stranger can make us hash.
        package static let event = kilobytes(128)
    }

    /// Its name among the schemas.
    package let name: String
    package let limit: Int
    /// By what is on sale.
    package let schema: @Sendable (Catalog) -> Schema
    /// JSON text.
    package let example: String
    /// The field of a form (`multipart/form-data`) that may hold a file instead, of at most so many
    /// bytes. Whoever takes it reads it.
    package var file: (field: String, bytes: Int)?
    /// Of its fields, where they are known.
    package private(set) var names: [String] = []

    /// A body of any form, or of one that is not known before the catalog is.
    package init(
        _ name: String, _ limit: Limit, example: String,
        schema: @escaping @Sendable (Catalog) -> Schema
    ) {
        self.name = name
        self.limit = limit.bytes
        self.schema = schema
        self.example = example
    }

    /// A JSON object of these fields.
    package init<each Value>(
        _ name: String, example: String? = nil, _ fields: repeat Input<each Value>
    ) {
        var notes: [InputNotes] = []
        repeat notes.append((each fields).about)
        let schema = Schema.object(
            notes.map { ($0.name, $0.schema) }, required: notes.filter(\.isRequired).map(\.name))
        let shown = notes.compactMap { note in note.example.map { "\(note.name.quoted):\($0)" } }
        self.init(name, .short, example: example ?? "{\(shown.joined(separator: ","))}") { _ in
            schema
        }
        names = notes.map(\.name)
    }
}
