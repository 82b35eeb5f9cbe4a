internal import Addresses
internal import FoundationEssentials

/// Where the database is, who we are there, and how long we wait for it.
package struct DatabaseConfiguration: Sendable, Equatable {
    /// A name or an address. Not used when ``socket`` is set.
    package var host: String
    package var port: Int
    /// The path of the server's unix socket, or nil to connect by TCP.
    package var socket: String?
    package var user: String
    package var password: String
    /// The default database of each session, or nil for none.
    package var database: String?

    package var connectTimeoutSeconds = 5
    /// How long one answer may take. It has to outlast ``lockWaitTimeoutSeconds``: the server's
    /// own answer (1205) leaves a usable session, ours costs a new one.
    package var readTimeoutSeconds = 30
    package var writeTimeoutSeconds = 30
    /// How long a statement waits for a row or table lock before it fails with 1205.
    package var lockWaitTimeoutSeconds = 5
    /// After how long without a statement the server ends an open transaction, so that a paused
    /// process does not block a wallet. 0: never.
    package var idleTransactionTimeoutSeconds = 10
    /// After how long the server ends a statement, also when nobody waits for it any more. 0: as
    /// the server is set.
    package var statementTimeoutSeconds = 0

    /// The same for statements that may take as long as `span`: the server ends what takes longer,
    /// and its answer is waited for.
    package func patient(_ span: Duration) -> DatabaseConfiguration {
        var patient = self
        patient.statementTimeoutSeconds = Int(span.components.seconds)
        patient.readTimeoutSeconds = patient.statementTimeoutSeconds + 60
        return patient
    }

    /// Reads `mariadb://user:password@host:3306/database`, or
    /// `mariadb://user:password@localhost/database?socket=/path/of.sock`.
    ///
    /// Every part may be percent-encoded. The port is 3306 when left out; password and database
    /// may be left out. Anything else in the URL is refused, since a misspelt option that is
    /// ignored is found much later.
    package init(url: String) throws(InvalidDatabaseURL) {
        guard let parts = URLComponents(string: url) else {
            throw InvalidDatabaseURL(reason: "is not a URL")
        }
        guard parts.scheme == "mariadb" else {
            throw InvalidDatabaseURL(reason: "does not begin with mariadb://")
        }
        guard parts.fragment == nil else {
            throw InvalidDatabaseURL(reason: "has a fragment (write # in a password as %23)")
        }
        guard let host = parts.host, !host.isEmpty else {
            throw InvalidDatabaseURL(reason: "has no host")
        }
        guard let server = Host(host.utf8) else {
            throw InvalidDatabaseURL(reason: "has a host that is neither a name nor an address")
        }
        guard let user = parts.user, !user.isEmpty else {
            throw InvalidDatabaseURL(reason: "has no user")
        }
        let port = parts.port ?? 3306
        guard (1...65_535).contains(port) else {
            throw InvalidDatabaseURL(reason: "has a port outside 1 to 65535")
        }
        let database = parts.path.drop { $0 == "/" }
        guard !database.contains("/") else {
            throw InvalidDatabaseURL(reason: "has a path of more than the database's name")
        }
        var socket: String?
        for item in parts.queryItems ?? [] {
            guard item.name == "socket", socket == nil, let value = item.value, !value.isEmpty
            else {
                throw InvalidDatabaseURL(reason: "has an option other than one socket=/path")
            }
            socket = value
        }
        // IPv6 addresses stand in brackets in a URL and without them in `getaddrinfo`.
        self.host =
            switch server {
            case .name(let name): name
            case .address(let address): address.text
            }
        self.port = port
        self.socket = socket
        self.user = user
        self.password = parts.password ?? ""
        self.database = database.isEmpty ? nil : String(database)
        for text in [self.host, user, password, self.database ?? "", socket ?? ""]
        where text.utf8.contains(0) {
            // C would read only what stands before it.
            throw InvalidDatabaseURL(reason: "contains a NUL character")
        }
    }
}

extension DatabaseConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Everything but the password, for logs.
    package var description: String {
        "mariadb://\(user)@\(socket ?? "\(host):\(port)")/\(database ?? "")"
    }

    package var debugDescription: String { description }

    // Otherwise `dump` would print the password.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A database URL that we cannot use. Does not repeat the URL, because it holds a password.
package struct InvalidDatabaseURL: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as the end of a sentence that begins with the variable's name.
    package let reason: String

    package var description: String { "the database URL \(reason)" }
}
