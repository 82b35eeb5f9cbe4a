import Domain
import FoundationEssentials
import JSON
import Store
import Texts

extension Inputs {
    static let isPaused = Input<Bool>(
        "paused", "Whether it is to be.", as: .type("boolean"), example: "true"
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if value.bool == nil { reader.refuse(name, .sendBoolean) }
        return value.bool
    }
    static let pauseWords = words(
        "What people read; left out, the usual words.", example: "We move to a larger machine.")
    static let expectedEnd = time(
        "until", "When it is expected to end: told, and not acted on.")
    static let bannerWords = words(
        "Plain text; left out or empty, there is no banner.",
        example: "New: videos of ten seconds.")
    static let bannerKind = Input<Banner.Kind>(
        "kind", "A notice can be closed, a warning cannot; left out, a notice.",
        as: .words(Banner.Kind.allCases.map(\.rawValue)), isRequired: false
    ) { reader, name in
        guard let value = reader.value(name) else { return nil }
        if let kind = value.string.flatMap(Banner.Kind.init(rawValue:)) { return kind }
        reader.refuse(name, .chooseOneOf, ["names": .list(Banner.Kind.allCases.map(\.rawValue))])
        return nil
    }
    static let bannerFrom = time("from", "From when it is shown; left out, at once.")
    static let bannerUntil = time("until", "Until when; left out, until it is taken away.")

    /// One line that people can read.
    private static func words(_ says: String, example: String) -> Input<String> {
        let longest = AnnouncementChange.longestWords
        return Input(
            "words", says, as: .text(atMost: longest), isRequired: false, example: example.quoted
        ) { reader, name in
            guard let text = reader.string(name, maxLength: longest)?.trimmed else { return nil }
            if AnnouncementChange.takes(text) { return text }
            reader.refuse(name, .wordsOneLine)
            return nil
        }
    }

    private static func time(_ name: String, _ says: String) -> Input<Date> {
        Input(name, says, as: .text(format: "date-time"), isRequired: false) { reader, name in
            guard let value = reader.value(name) else { return nil }
            if let date = value.string.flatMap({ Date(iso8601: $0) }) { return date }
            reader.refuse(name, .timeMalformed)
            return nil
        }
    }
}
