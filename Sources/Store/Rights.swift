package import MariaDB

extension Connection {
    /// Gives the account that `application` signs in with the rights of the application, no more
    /// (`schema/routines/grant_application.sql`). This connection's account must own them.
    package func grantRights(to application: DatabaseConfiguration) throws {
        // Which of several accounts of the name it is, only the server knows; without a database,
        // because the account may have no right to one yet.
        var server = application
        server.database = nil
        let account = try Connection(server).first("SELECT CURRENT_USER() AS account") { row in
            try row("account") as String
        }
        guard let account, let at = account.lastIndex(of: "@") else { return }
        let name = String(account[..<at])
        let host = String(account[account.index(after: at)...])
        try execute("CALL grant_application(\(name), \(host))")
    }
}
