/// Why a text is no address that can be used.
package enum AddressProblem: Error, Equatable, Sendable {
    case tooLong, characters, noScheme, notHTTPS, user, host, port, notPublic
    /// More than an origin: a path, a query or a fragment.
    case notAnOrigin
    /// A query or a fragment, where a path goes on.
    case notABase

    /// For whoever wrote the address.
    package var message: String {
        switch self {
        case .tooLong: "Use an address of at most \(WebURL.maxBytes) characters."
        case .characters: "Use a web address without spaces or special characters."
        case .noScheme: "Use an address that begins with https:// or http://."
        case .notHTTPS: "Use an address that begins with https://."
        case .user: "Leave user name and password out."
        case .host: "This is not a web address."
        case .port: "Use a port from 1 to 65535, or none."
        case .notPublic: "Use an address that is reachable on the internet."
        case .notAnOrigin: "Leave out what follows the host and its port."
        case .notABase: "Leave out ? and # and what follows them."
        }
    }
}
