package import Domain
package import MariaDB

package enum InstallationKind {}
package typealias InstallationID = ID<InstallationKind>

/// The database names no shop: a migration is missing.
package struct NoInstallation: Error, CustomStringConvertible {
    package let description = "the table installations is empty; run rushes migrate"
}

extension Connection {
    /// Which shop this is: the same for every process, and for ever (P8).
    package func installation() throws -> InstallationID {
        let id = try first("SELECT id FROM installations") { row in
            try row("id") as InstallationID
        }
        guard let id else { throw NoInstallation() }
        return id
    }
}
