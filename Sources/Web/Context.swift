package import API
package import Billing
package import Domain
package import Entrance
package import FoundationEssentials
package import HTTP
package import Logging
package import MariaDB
package import Sodium
import Store
import Stripe

/// What a handler may touch while it answers one request. One object, since a value of so many parts
/// is copied at each step of the way to its handler.
package final class Context {
    let site: Site
    package let request: Request
    /// What the variable parts of the route's path were.
    let arguments: [String]
    package let now: Date
    /// Who calls at the command line; nil for a request that nginx has handed over.
    var systemUser: String?
    /// What the route takes; empty for one that takes nothing.
    package var body = Content.empty

    init(site: Site, request: Request, arguments: [String], now: Date = Date()) {
        self.site = site
        self.request = request
        self.arguments = arguments
        self.now = now
    }

    package var settings: SiteSettings { site.settings }
    /// What is sold now.
    package func catalog() throws -> Catalog { try site.catalog() }
    package var database: Connection { site.database }
    package var tokens: TokenAuthority { site.tokens }
    /// Seals the secrets of authenticators.
    package var secrets: SecretBox { site.secrets }
    /// Makes the links of shared videos.
    package var shareLinks: LinkTokens { site.shareLinks }
    /// What as few threads as may wait at once wait for.
    package var threads: ThreadGate { site.threads }
    package var log: Logger { site.logger(for: request) }

    /// How long one request may ask Stripe, however many calls that takes.
    private static let patienceForStripe = Duration.seconds(10)

    /// Runs `body`, which asks Stripe and applies what it says. Throws ``Crowded`` and has done
    /// nothing when as many as may wait for Stripe do.
    package func withBilling<Result>(_ log: Logger, _ body: (Billing) throws -> Result) throws
        -> Result
    {
        try site.threads.pass(.stripe) {
            var stripe = site.stripe
            stripe.deadline = .now + Self.patienceForStripe
            return try body(
                Billing(
                    database: database, stripe: stripe, policy: settings.creditPolicy,
                    seller: settings.seller, log: log))
        }
    }

    /// What a variable part of the path was, the first of several.
    package func argument(at index: Int = 0) throws -> String {
        guard arguments.indices.contains(index) else { throw NotFound() }
        return arguments[index]
    }

    /// The id in the path, the first of several; one that is malformed is an id of nothing.
    package func id<Kind>(at index: Int = 0) throws -> ID<Kind> {
        guard let id = try ID<Kind>(argument(at: index)) else { throw NotFound() }
        return id
    }
}
