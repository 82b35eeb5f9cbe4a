import HTTP
import Logging
package import MariaDB

extension Context {
    /// Writes down that files were asked for, from the address of the caller. They are given also
    /// while nothing can be written down.
    package func noteDownload(_ write: (Connection, _ address: String) throws -> Void) {
        do {
            try write(database, request.remoteAddress)
        } catch {
            // Without the path, which may hold the token of a link.
            log.error("a download is not recorded", metadata: ["error": "\(error)"])
        }
    }
}
