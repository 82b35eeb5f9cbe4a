// Store: all SQL but the ledger's: jobs, purchases, users, and what processes share, as Connection's
// functions. Each is one transaction, or a part of its caller's, and repeats without harm.
// It moves money by Ledger alone, asks nobody outside, and knows no HTTP.

package import Domain
package import FoundationEssentials
import Ledger
import MariaDB

extension VideoStatus: SQLConvertible {}
extension FailureReason: SQLConvertible {}
extension User.Role: SQLConvertible {}

extension ID {
    /// A new id of this moment, which sorts after all that this process has made before.
    package static func new() -> ID { newID() }

    /// A new id of an instant that is past, which sorts among those of that time.
    package static func new(at instant: Date) -> ID {
        ID(at: instant, random: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
    }
}

extension RawRepresentable where RawValue == String {
    /// Those of our own words that a column holds with commas between them; a word that is not
    /// known (any more) is passed over.
    static func words(in list: String) -> [Self] {
        list.utf8.split(separator: UInt8(ascii: ",")).compactMap { word in
            Self(rawValue: String(Substring(word)))
        }
    }
}
