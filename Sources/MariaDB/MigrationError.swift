/// The schema's files cannot be applied. Each case names the file.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    case malformedName(file: String)
    /// Another file has its number.
    case numberTaken(file: String, by: String)
    case notUTF8(file: String)
    /// It lies among what is replaced whole, and does not say `CREATE OR REPLACE`.
    case notReplacing(file: String)
    /// It was edited or renamed after it was applied.
    case changed(file: String)
    /// It was applied, but is not in the folder any more.
    case removed(file: String)
    /// It was not applied (wholly), although a later one was.
    case skipped(file: String)
    case failed(file: String, DatabaseError)

    package var description: String {
        switch self {
        case .malformedName(let file): "\(file) is not named like 0001_create_users.sql"
        case .numberTaken(let file, let other): "\(file) has the number of \(other)"
        case .notUTF8(let file): "\(file) is not UTF-8"
        case .notReplacing(let file): "\(file) does not CREATE OR REPLACE"
        case .changed(let file):
            "\(file) has been changed after it was applied; \(Self.advice)"
        case .removed(let file):
            "\(file) was applied, but its file is missing; \(Self.advice)"
        case .skipped(let file): "\(file) was not applied, although a later file was"
        case .failed(let file, let error): "\(file) failed: \(error)"
        }
    }

    /// It may be the books: whoever runs the wrong release is not to throw them away.
    private static let advice = """
        other files than these have made this database: run the release that made it, or restore a \
        copy (one that holds nothing but tries is made anew by bin/dev --reset)
        """
}
