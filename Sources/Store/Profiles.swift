package import Domain
package import MariaDB
package import Texts

extension Connection {
    /// Changes what somebody says of themselves; the same again changes nothing.
    package func change(_ user: UserID, to profile: ProfileChange) throws {
        let name = profile.name.flatMap { $0.isEmpty ? nil : $0 }
        try execute(
            """
            UPDATE users
            SET name = IF(\(profile.name != nil), \(name), name),
                language = COALESCE(\(profile.language?.code), language)
            WHERE id = \(user)
            """)
    }

    /// In which a user reads mails.
    package func language(of user: UserID) throws -> Language {
        try language("id = \(user)") ?? .english
    }

    /// The same of who has an address; nil when nobody has it.
    package func language(ofAddress email: String) throws -> Language? {
        try language("email = \(email)")
    }

    private func language(_ condition: SQL) throws -> Language? {
        try first("SELECT language FROM users WHERE \(sql: condition)") { row in
            Language(stored: try row("language"))
        }
    }
}

extension Language {
    /// English where a row names one that the shop does not speak any more.
    init(stored code: String) { self = Language(code: code) ?? .english }
}
