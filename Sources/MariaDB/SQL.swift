/// The text of one SQL statement, or a part of one, and the values bound in it.
///
///     "SELECT email FROM users WHERE id = \(id)"      // text: … WHERE id = ?, values: [id]
///
/// Interpolation binds; it never pastes. Text can only come from literals of this program, which
/// the compiler checks (`StaticString`), so nothing that arrives at run time can become SQL, and
/// the same literal always gives the same text: the key of the statement cache.
package struct SQL: ExpressibleByStringInterpolation, Sendable, Equatable {
    /// The statement with one `?` for each value.
    package let text: String
    package let values: [SQLValue]

    package init(stringLiteral text: StaticString) {
        self.text = text.description
        self.values = []
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    private init(text: String, values: [SQLValue]) {
        self.text = text
        self.values = values
    }

    /// The same statement with other values, for one that is run so often that its text is kept.
    package func with(_ values: any SQLConvertible...) -> SQL {
        precondition(values.count == self.values.count, "a value for each question mark")
        return SQL(text: text, values: values.map(\.sqlValue))
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var values: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            text += literal.description
        }

        /// `\(value)`: binds the value.
        package mutating func appendInterpolation(_ value: some SQLConvertible) {
            text += "?"
            values.append(value.sqlValue)
        }

        /// `\(value)`: binds the value, or NULL.
        package mutating func appendInterpolation(_ value: (some SQLConvertible)?) {
            text += "?"
            values.append(value.sqlValue)
        }

        /// `\(raw: "created_at")`: a constant piece of SQL.
        package mutating func appendInterpolation(raw fragment: StaticString) {
            text += fragment.description
        }

        /// `\(sql: condition)`: a piece of SQL with the values bound in it.
        package mutating func appendInterpolation(sql fragment: SQL) {
            text += fragment.text
            values += fragment.values
        }
    }
}
