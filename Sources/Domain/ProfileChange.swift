import JSON
package import Texts

/// What somebody says of themselves: what they call themselves, and in which language they read
/// mails.
package struct ProfileChange: Hashable, Sendable {
    /// The longest name, in UTF-16 code units.
    package static let longestName = 60

    /// Nil where it stays as it is; the empty text takes it away.
    package let name: String?
    /// Nil where it stays as it is.
    package let language: Language?

    package static let name = Input<String>(
        "name", "One line. Null, or nothing, takes it away.",
        as: Schema.text(atMost: longestName).orNull, isRequired: false,
        example: "Ada Lovelace".quoted
    ) { reader, field in
        let name = (reader.string(field, maxLength: longestName) ?? "").trimmed.composed
        if !name.isOneLine || name.unicodeScalars.contains(where: \.properties.isBidiControl) {
            reader.refuse(field, .nameOneLine)
        } else if !name.isEmpty, name.visibleCharacters == 0 {
            reader.refuse(field, .textInvisible)
        } else if name.codeUnits > longestName {
            // Composed it may be longer than as it was typed.
            reader.refuse(field, .tooLong, ["most": .number(longestName)])
        }
        return name
    }

    package static let language = Input<Language>(
        "language", "In which mails are written.", as: .words(Language.all.map(\.code)),
        isRequired: false, example: "de".quoted
    ) { reader, field in
        guard let given = reader.given(field) else { return nil }
        if let language = given.string.flatMap(Language.init(code:)) { return language }
        reader.refuse(field, .chooseOneOf, ["names": .list(Language.all.map(\.code))])
        return nil
    }

    /// The caller finishes `reader`.
    package init(_ reader: inout FieldReader) {
        name = reader.has(Self.name) ? reader.read(Self.name) : nil
        language = reader.read(Self.language)
    }
}
