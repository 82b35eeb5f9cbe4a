package import Domain
import Ledger
import MariaDB

extension VideoStatus: SQLConvertible {}
extension FailureReason: SQLConvertible {}
extension User.Role: SQLConvertible {}

extension ID {
    /// A new id of this moment, which sorts after all that this process has made before.
    package static func new() -> ID { newID() }
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
