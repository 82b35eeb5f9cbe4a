package import Domain
package import FoundationEssentials
package import HTTP
import Texts

/// Reads what a list is narrowed by, all that is wrong at once.
package struct RecordQuery {
    package let query: Query
    package var problems: [InvalidInput.Field] = []

    package init(_ request: Request) {
        query = Query(request.queryString)
    }

    package mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String) -> Word?
    where Word.RawValue == String {
        guard let text = query[name] else { return nil }
        if let word = Word(rawValue: text) { return word }
        problems.append(
            .init(name, .wordToChoose, ["names": .list(Word.allCases.map(\.rawValue))]))
        return nil
    }

    package mutating func id<Kind>(_ name: String) -> ID<Kind>? {
        guard let text = query[name] else { return nil }
        if let id = ID<Kind>(text) { return id }
        problems.append(.init(name, .idMalformed))
        return nil
    }

    package mutating func date(_ name: String) -> Date? {
        guard let text = query[name] else { return nil }
        if let date = Date(iso8601: text) { return date }
        problems.append(.init(name, .timeMalformed))
        return nil
    }

    package func finish() throws {
        guard problems.isEmpty else { throw InvalidInput(problems) }
    }
}
