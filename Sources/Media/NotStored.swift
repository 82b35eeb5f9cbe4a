/// Why a file is not in our storage. Nothing of it is visible under its name.
package struct NotStored: Error, CustomStringConvertible {
    /// What would have to change.
    package enum Cause: Sendable {
        /// What lies behind the link, or the way to it; the next try may find another.
        case file
        /// The link, which nobody could fetch: no address, or not of HTTPS.
        case link
        /// The folder or its disk: no file can be stored.
        case ours
    }

    package let description: String
    package let cause: Cause

    package init(_ description: String, _ cause: Cause = .file) {
        self.description = description
        self.cause = cause
    }
}
