import JSON
import Texts

/// What an owner says of a video: what they call it, and whether they have marked it.
package struct VideoChange: Hashable, Sendable {
    /// The longest title, in UTF-16 code units.
    package static let longestTitle = 200

    /// Nil where it stays as it is.
    package let isFavorite: Bool?
    /// Nil where it stays as it is; the empty text takes it away.
    package let title: String?

    package static let favorite = Input.flag(
        "favorite", "Whether it is marked.", example: "true")
    package static let title = Input<String>(
        "title", "One line. Null, or nothing, takes it away.",
        as: Schema.text(atMost: longestTitle).orNull, isRequired: false,
        example: "Boat, take 2".quoted
    ) { reader, name in
        let title = (reader.string(name, maxLength: longestTitle) ?? "").trimmed
        if !title.isOneLine { reader.refuse(name, .titleOneLine) }
        return title
    }

    /// Throws ``InvalidInput``.
    package init(_ reader: inout FieldReader) throws {
        let isFavorite = reader.has(Self.favorite) ? reader.read(Self.favorite) : nil
        let title = reader.has(Self.title) ? reader.read(Self.title) : nil
        try reader.finish()
        self.isFavorite = isFavorite
        self.title = title
    }
}
