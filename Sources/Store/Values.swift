package import Domain
import FoundationEssentials
package import MariaDB

extension Money: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard let micros = Int64(sqlValue: sqlValue) else { return nil }
        self.init(micros: micros)
    }

    package var sqlValue: SQLValue { .integer(micros) }
}

extension ID: SQLConvertible {
    package init?(sqlValue: SQLValue) {
        guard case .text(let text) = sqlValue else { return nil }
        self.init(text)
    }

    package var sqlValue: SQLValue { .text(description) }
}

extension VideoState: SQLConvertible {}
extension VideoStatus: SQLConvertible {}
extension FailureReason: SQLConvertible {}
extension User.Role: SQLConvertible {}
extension Purchase.State: SQLConvertible {}

extension ID {
    /// A new id of this moment. Its time only sorts; no rule compares it.
    package static func new() -> ID {
        ID(at: Date(), random: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
    }
}

extension Duration {
    /// Whole microseconds, for `INTERVAL ? MICROSECOND`.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
