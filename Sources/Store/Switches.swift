import Domain
import MariaDB

/// What is on or off for the whole shop.
enum Switch: String, SQLConvertible {
    /// Whether anybody sends mail, and so whether any is written.
    case mail
}

extension Connection {
    /// Turns a switch. False when it stood so before.
    func turn(_ name: Switch, isOn: Bool) throws -> Bool {
        let wasOn = try first("SELECT is_on FROM switches WHERE name = \(name)") { row in
            try row("is_on") as Bool
        }
        guard wasOn ?? false != isOn else { return false }
        try execute(
            """
            INSERT INTO switches (name, is_on, changed_at)
            VALUES (\(name), \(isOn), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE is_on = VALUES(is_on), changed_at = VALUES(changed_at)
            """)
        return true
    }
}
