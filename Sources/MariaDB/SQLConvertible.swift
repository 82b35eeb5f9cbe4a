package import FoundationEssentials

/// A type that can be bound in ``SQL`` and read from a ``Row``.
package protocol SQLConvertible {
    /// Throws when the value is of another type or out of range. It gives no optional, whose type the
    /// runtime would have to make out for every value of every row.
    static func read(_ value: SQLValue) throws(UnfitValue) -> Self
    var sqlValue: SQLValue { get }
}

/// A value is of another type than was wanted, or out of its range.
package struct UnfitValue: Error {
    package init() {}
}

extension SQLValue: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self { value }
    package var sqlValue: SQLValue { self }
}

extension Int64: SQLConvertible {
    /// Also reads a DECIMAL without a fraction, because SUM of integers is one in MariaDB.
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        switch value {
        case .integer(let number): return number
        case .text(let digits):
            guard let number = Int64(digits) else { throw UnfitValue() }
            return number
        default: throw UnfitValue()
        }
    }

    package var sqlValue: SQLValue { .integer(self) }
}

extension Int: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        guard let number = Int(exactly: try Int64.read(value)) else { throw UnfitValue() }
        return number
    }

    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        switch value {
        case .integer(0): return false
        case .integer(1): return true
        default: throw UnfitValue()
        }
    }

    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: SQLConvertible {
    /// Also reads bytes that are valid UTF-8: ids from outside lie in VARBINARY columns.
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        switch value {
        case .text(let text): return text
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw UnfitValue() }
            return text
        default: throw UnfitValue()
        }
    }

    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        guard case .bytes(let bytes) = value else { throw UnfitValue() }
        return bytes
    }

    package var sqlValue: SQLValue { .bytes(self) }
}

extension Date: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        guard case .date(let date) = value else { throw UnfitValue() }
        return date
    }

    package var sqlValue: SQLValue { .date(self) }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        if case .null = value { return nil }
        return try Wrapped.read(value)
    }

    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

/// An enum of strings needs only to say that it conforms.
extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        guard let found = Self(rawValue: try RawValue.read(value)) else { throw UnfitValue() }
        return found
    }

    package var sqlValue: SQLValue { rawValue.sqlValue }
}
