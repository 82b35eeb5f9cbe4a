import Domain
import FoundationEssentials
import HTTP
import Texts

/// Reads what a list is narrowed by, all that is wrong at once.
struct RecordQuery {
    let query: Query
    var problems: [InvalidInput.Field] = []

    init(_ request: Request) {
        query = Query(request.queryString)
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String) -> Word?
    where Word.RawValue == String {
        guard let text = query[name] else { return nil }
        if let word = Word(rawValue: text) { return word }
        problems.append(
            .init(name, .wordToChoose, ["names": .list(Word.allCases.map(\.rawValue))]))
        return nil
    }

    mutating func id<Kind>(_ name: String) -> ID<Kind>? {
        guard let text = query[name] else { return nil }
        if let id = ID<Kind>(text) { return id }
        problems.append(.init(name, .idMalformed))
        return nil
    }

    mutating func date(_ name: String) -> Date? {
        guard let text = query[name] else { return nil }
        if let date = Date(iso8601: text) { return date }
        problems.append(.init(name, .timeMalformed))
        return nil
    }

    func finish() throws {
        guard problems.isEmpty else { throw InvalidInput(problems) }
    }
}
