internal import Glibc

/// One row of a result. Its values are copies, so it may outlive the statement.
package struct Row {
    private let columns: Columns
    /// All rows of the result, one after the other, and where this one begins.
    private let values: [SQLValue]
    private let start: Int

    init(columns: Columns, values: [SQLValue], start: Int) {
        self.columns = columns
        self.values = values
        self.start = start
    }

    /// The value of the column with this name or alias.
    ///
    /// Throws when there is no such column, or when its value is NULL or does not fit `T`.
    package func callAsFunction<T: SQLConvertible>(
        _ column: StaticString
    ) throws(DatabaseError) -> T {
        guard let index = columns.index(of: column) else {
            throw unreadable("there is no column \(column)")
        }
        return try at(index)
    }

    /// The value of the column at this position, from 0. Throws as the lookup by name does.
    package func at<T: SQLConvertible>(_ index: Int) throws(DatabaseError) -> T {
        guard columns.names.indices.contains(index) else {
            throw unreadable("there is no column \(index)")
        }
        do {
            return try T.read(values[start + index])
        } catch {
            throw unreadable("column \(columns.names[index]) does not hold a value of \(T.self)")
        }
    }

    private func unreadable(_ message: String) -> DatabaseError {
        DatabaseError(kind: .other, message: message, statement: columns.statement)
    }
}

/// The names of a result's columns.
final class Columns {
    let names: [String]
    private let spellings: [[UInt8]]
    /// The text of the statement, for errors.
    let statement: String
    private var next = 0

    init(names: [String], statement: String) {
        self.names = names
        spellings = names.map { Array($0.utf8) }
        self.statement = statement
    }

    /// The position of the column. Looks first behind the one that was found last, because
    /// columns are mostly read in their order: then one comparison finds each.
    func index(of name: StaticString) -> Int? {
        name.withUTF8Buffer { wanted in
            for offset in spellings.indices {
                let index = (next + offset) % spellings.count
                let spelling = spellings[index]
                if unsafe wanted.count == spelling.count
                    && memcmp(wanted.baseAddress!, spelling, wanted.count) == 0
                {
                    next = index + 1
                    return index
                }
            }
            return nil
        }
    }
}
