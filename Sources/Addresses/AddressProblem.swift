package import Texts

/// Why a text is no address that can be used.
package enum AddressProblem: Error, Equatable, Sendable {
    case tooLong, characters, noScheme, notHTTPS, user, host, port, notPublic
    /// More than an origin: a path, a query or a fragment.
    case notAnOrigin
    /// A query or a fragment, where a path goes on.
    case notABase

    /// For whoever wrote the address.
    package var phrase: Phrase {
        switch self {
        case .tooLong: Phrase(.addressTooLong, ["most": .number(WebURL.maxBytes)])
        case .characters: Phrase(.addressCharacters)
        case .noScheme: Phrase(.addressWithoutScheme)
        case .notHTTPS: Phrase(.addressNotHTTPS)
        case .user: Phrase(.addressWithUser)
        case .host: Phrase(.addressMalformed)
        case .port: Phrase(.addressPort)
        case .notPublic: Phrase(.addressNotPublic)
        case .notAnOrigin: Phrase(.addressNotOrigin)
        case .notABase: Phrase(.addressNotBase)
        }
    }
}
