extension DatabaseConfiguration {
    /// Creates the configured database, with utf8mb4, unless it exists. The account needs CREATE.
    package func createDatabase() throws(DatabaseError) {
        try administer("CREATE DATABASE IF NOT EXISTS", "CHARACTER SET utf8mb4")
    }

    /// Drops the configured database and all that is in it. For tests and restore rehearsals.
    package func dropDatabase() throws(DatabaseError) {
        try administer("DROP DATABASE IF EXISTS")
    }

    private func administer(_ verb: String, _ options: String = "") throws(DatabaseError) {
        guard let database else {
            throw DatabaseError(
                kind: .other, message: "no database is configured", statement: verb)
        }
        var server = self
        server.database = nil
        // An identifier cannot be bound. In backquotes, doubled where it has one, it cannot be
        // anything else: <https://mariadb.com/kb/en/identifier-names/#quote-character>.
        let name = database.split(separator: "`", omittingEmptySubsequences: false)
            .joined(separator: "``")
        try Session(server).runText("\(verb) `\(name)` \(options)")
    }
}
