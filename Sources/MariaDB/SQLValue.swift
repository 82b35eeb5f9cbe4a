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
