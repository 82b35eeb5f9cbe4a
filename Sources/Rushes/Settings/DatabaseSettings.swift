import Domain
import MariaDB

/// The database of the application's own account.
struct DatabaseSettings: Sendable {
    let application: DatabaseConfiguration
    /// The nodes of the cluster, whose books the auditor compares; none by default.
    let nodes: [DatabaseConfiguration]

    init?(_ reader: SettingsReader) {
        let application = reader.required(
            "DATABASE_URL", "`mariadb://user:password@host:3306/rushes`, or `?socket=/path`",
            like: "mariadb://rushes:…@localhost/rushes?socket=/run/mysqld/mysqld.sock",
            isSecret: true, databaseURL)
        nodes =
            reader.optional(
                "DATABASE_NODE_URLS",
                """
                of a cluster: its nodes, with commas, like `DATABASE_URL`; the audit compares \
                their books
                """,
                like: "mariadb://rushes:…@10.0.0.1/rushes,mariadb://rushes:…@10.0.0.2/rushes",
                isSecret: true
            ) { text throws(Unusable) in
                var nodes: [DatabaseConfiguration] = []
                for url in text.parts { nodes.append(try databaseURL(url)) }
                return nodes
            } ?? []
        guard let application else { return nil }
        self.application = application
    }
}

/// The database for `rushes migrate`.
struct SchemaSettings {
    /// Nil: the application's own account changes the schema.
    let owner: DatabaseConfiguration?

    init(_ reader: SettingsReader) {
        owner = reader.optional(
            "MIGRATE_DATABASE_URL",
            """
            for `rushes migrate`: an account that may change the schema; the application's own \
            then gets only the rights that it needs
            """,
            like: "mariadb://owner:…@localhost/rushes", isSecret: true, databaseURL)
    }
}

private func databaseURL(_ url: String) throws(Unusable) -> DatabaseConfiguration {
    do throws(InvalidDatabaseURL) {
        return try DatabaseConfiguration(url: url)
    } catch {
        throw Unusable("\(error.reason)")
    }
}

extension String {
    /// The parts between commas, without the white space around them.
    var parts: [String] {
        split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    }
}
