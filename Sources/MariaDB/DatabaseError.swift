internal import CMariaDB

/// The database refused a statement, did not answer, or answered what we cannot read.
///
/// Holds no bound value, so that it can be logged.
package struct DatabaseError: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// A unique key already holds this value; the statement was undone. 1062.
        case duplicateKey(constraint: String)
        /// The server rolled the whole transaction back. 1213.
        case deadlock
        /// Another transaction changed a row since our snapshot; the server rolled the whole
        /// transaction back. 1020.
        case recordChanged
        /// The statement was undone, the ones before it are still pending. 1205.
        case lockTimeout
        /// The session is gone. What the statement (or COMMIT) did is unknown.
        case connectionLost
        /// No session could be opened. Nothing was done.
        case unavailable
        /// The server does not do it for now: it is read-only, has too much to do, or was told to
        /// end the statement. The session is closed, as its next statement may go elsewhere.
        case refusedForNow
        /// The statement was undone. 1114.
        case diskFull
        /// A CHECK or FOREIGN KEY of this name does not hold; the statement was undone.
        /// 4025, 1451, 1452.
        case constraint(String)
        /// Everything else. The session is closed.
        case other
    }

    package let kind: Kind
    /// The number of MariaDB or of its client library; 0 when we refused an answer ourselves.
    package let code: Int
    /// Five characters, `HY000` when there is no better one.
    package let sqlState: String
    package let message: String
    /// The text of the statement, with `?` for each value; empty when connecting failed.
    package let statement: String

    init(kind: Kind, code: Int = 0, sqlState: String = "HY000", message: String, statement: String)
    {
        self.kind = kind
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.statement = statement
    }

    /// What the server or the client library said of a statement.
    ///
    /// Numbers: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
    init(code: Int, sqlState: String, message: String, statement: String) {
        var message = message
        let kind: Kind
        switch code {
        case 1062, 1586:
            // Duplicate entry 'the value' for key 'the constraint'
            let constraint = message.quoted(after: "for key '", upTo: "'")
            message = "Duplicate entry for key '\(constraint)'"
            kind = .duplicateKey(constraint: constraint)
        case 4025, 1451, 1452, 1216, 1217:
            kind = .constraint(message.quoted(after: "CONSTRAINT `", upTo: "`"))
        default:
            kind = .passing(code) ?? .other
            if !Self.isFreeOfValues(code) { message = message.withoutQuotedText }
        }
        self.init(
            kind: kind, code: code, sqlState: sqlState, message: message, statement: statement)
    }

    /// Whether messages of this number quote names and SQL text only, never a value.
    private static func isFreeOfValues(_ code: Int) -> Bool {
        switch code {
        case 1005, 1007, 1008, 1044, 1045, 1046, 1048, 1049, 1050, 1051, 1054, 1060, 1061, 1064,
            1091, 1136, 1142, 1143, 1146, 1227, 1264, 1290, 1304, 1305, 1317, 1318, 1364, 1370,
            1406, 1461, 1644, 1792, 1836, 1969:
            true
        default: code >= CR_MIN_ERROR && code <= 5_999 && code != 4_025
        }
    }
}

extension DatabaseError: CustomStringConvertible {
    package var description: String {
        let place = statement.isEmpty ? "" : " in: \(statement)"
        return "MariaDB \(code) (\(sqlState)): \(message)\(place)"
    }
}

extension String {
    /// What stands between the last `start` and the next `end`; empty when there is none.
    fileprivate func quoted(after start: String, upTo end: Character) -> String {
        guard let start = ranges(of: start).last else { return "" }
        return String(self[start.upperBound...].prefix { $0 != end })
    }

    /// This text with everything from its first to its last apostrophe left out.
    fileprivate var withoutQuotedText: String {
        guard let first = firstIndex(of: "'"), let last = lastIndex(of: "'"), first < last else {
            return self
        }
        return self[...first] + "…" + self[last...]
    }
}
