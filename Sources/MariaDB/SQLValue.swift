package import FoundationEssentials

/// A value as it goes to the database and comes back.
///
/// Columns become: integers of every width and YEAR `integer`; DATETIME and TIMESTAMP `date`;
/// VARBINARY, BLOB and BIT `bytes`; all others, DECIMAL, UUID, ENUM, DATE and JSON among them,
/// the `text` that the server prints.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// An instant, in the database a DATETIME(6) in UTC: rounded to a whole microsecond on the
    /// way in, exact to the microsecond on the way out (up to the year 2286, where `Date` has
    /// no bits left).
    case date(Date)
}

/// A type that can be bound in ``SQL`` and read from a ``Row``.
package protocol SQLConvertible {
    /// Nil when the value is of another type or out of range.
    init?(sqlValue: SQLValue)
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLConvertible {
    package init?(sqlValue: SQLValue) { self = sqlValue }
    package var sqlValue: SQLValue { self }
}

extension Int64: SQLConvertible {
    /// Also reads a DECIMAL without a fraction, because SUM of integers is one in MariaDB.
    package init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .integer(let value): self = value
        case .text(let digits):
            guard let value = Int64(digits) else { return nil }
            self = value
        default: return nil
        }
    }

    package var sqlValue: SQLValue { .integer(self) }
}

extension Int: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard let value = Int64(sqlValue: sqlValue) else { return nil }
        self.init(exactly: value)
    }

    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .integer(0): self = false
        case .integer(1): self = true
        default: return nil
        }
    }

    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: SQLConvertible {
    /// Also reads bytes that are valid UTF-8: ids from outside lie in VARBINARY columns.
    package init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .text(let text): self = text
        case .bytes(let bytes): self.init(validating: bytes, as: UTF8.self)
        default: return nil
        }
    }

    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard case .bytes(let bytes) = sqlValue else { return nil }
        self = bytes
    }

    package var sqlValue: SQLValue { .bytes(self) }
}

extension Date: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard case .date(let date) = sqlValue else { return nil }
        self = date
    }

    package var sqlValue: SQLValue { .date(self) }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        if case .null = sqlValue {
            self = .none
            return
        }
        guard let wrapped = Wrapped(sqlValue: sqlValue) else { return nil }
        self = .some(wrapped)
    }

    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

/// An enum of strings needs only to say that it conforms.
extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard let rawValue = RawValue(sqlValue: sqlValue) else { return nil }
        self.init(rawValue: rawValue)
    }

    package var sqlValue: SQLValue { rawValue.sqlValue }
}
