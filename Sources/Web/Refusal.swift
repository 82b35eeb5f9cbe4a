import API
import Domain
import Entrance
import HTTP
import Logging
import MariaDB
import Store
import Stripe
import Texts

/// The answer to whatever a handler threw: the only place that knows a refusal for an error.
func answer(to error: any Error, request: Request, log: Logger) -> Response {
    refused(error, log).answer(to: request)
}

private func refused(_ error: any Error, _ log: Logger) -> Refused {
    switch error {
    case let refused as Refused: return refused
    case let refusal as Refusal: return Refused(refusal)
    case let error as InvalidInput: return Refused(error)
    case is InvalidMailToken: return Refused(InvalidInput([.badLink]))
    case let error as BodyTooLarge: return Refused(error)
    case is BodyIncomplete: return Refused(.endedEarly)
    case is Unauthenticated: return Refused(.unauthenticated)
    case is InvalidCredentials: return Refused(.invalidCredentials)
    case let error as InsufficientCredits: return Refused(error)
    case let error as Forbidden: return Refused(.forbidden, error.phrase)
    case is NotFound: return Refused(.notFound)
    case let error as Conflict: return Refused(.conflict, error.phrase)
    case is LeaseLost: return Refused(.justChanged)
    case is IdempotencyConflict: return Refused(.idempotencyConflict)
    case let error as RateLimited: return Refused(error)
    case let error as TooManyTries: return Refused(error)
    case let error as IntakeStopped: return Refused(.intakeStopped, error.phrase)
    case let error as Paused:
        return Refused(.paused, error.phrase, retryAfter: error.retryAfterSeconds)
    case is AccountHeld: return Refused(.accountHeld)
    case let error as Crowded: return Refused(error)
    default:
        // nginx's log has the path by the request's id, without what is secret in it.
        log.error("request failed", metadata: ["error": "\(error)"])
        if error is StripeError { return Refused(.vendorUnavailable) }
        return Refused((error as? DatabaseError)?.isPassing == true ? .busy : .internal)
    }
}

extension Refused {
    init(_ error: Crowded) {
        switch error.awaited {
        case .account: self.init(.accountBusy)
        case .stripe: self.init(.stripeBusy)
        case .callbacks, .pictureTools, .pictureServers, .typesetter: self.init(.busy)
        }
    }
}

extension InvalidInput.Field {
    static let badLink = Self("token", .linkUsed)
}
