package import Addresses

/// Which peers may be connected to.
package enum AddressPolicy: Sendable, Equatable {
    /// Every address. Only for addresses that the operator has configured.
    case any
    /// Addresses of the public internet alone: for every URL that somebody else has chosen. The
    /// origins named may be anywhere; they are the sandbox of development and of the tests.
    case publicOnly(exceptOrigins: [Origin])

    func isExcepted(_ origin: Origin) -> Bool {
        switch self {
        case .any: false
        case .publicOnly(let exceptions): exceptions.contains(origin)
        }
    }
}
