// Web: the shop over HTTP: routes beside their handlers, who calls, what is refused, and the API's
// description, which follows from these. A handler parses, runs one transaction of Store and
// answers; the rules are in Domain. It knows neither FastCGI nor curl: a test sends it a Request.

package import Addresses
import Billing
package import Domain
import FoundationEssentials
package import HTTP
import HTTPTypes
package import Logging
package import MariaDB
import Sodium
import Store
package import Stripe

/// What the site is set to; the same for every thread.
package struct SiteSettings: Sendable {
    /// The public base URL, as what the `Origin` of our own pages is compared with.
    package var origin: Origin
    /// The same for links.
    package var appURL: String { origin.text }
    package var jwtSecret: [UInt8]
    /// Still accepted while the secret is being changed.
    package var previousJWTSecret: [UInt8]?
    package var stripeWebhookSecrets: [String]
    package var polloWebhookSecret: String
    /// Whether Stripe's keys move real money.
    package var isLive: Bool
    package var creditPolicy: CreditPolicy
    package var signupCredit: Money
    package var generateLimit: CallLimit
    package var purchaseLimit: CallLimit
    package var deadlines: JobDeadlines
    /// Origins that webhooks may be sent to although they are neither HTTPS nor public.
    package var exceptOrigins: [Origin]
    /// Whether an address has to be proved before anybody signs in with it.
    package var requiresVerified: Bool

    package init(
        origin: Origin, jwtSecret: [UInt8], previousJWTSecret: [UInt8]?,
        stripeWebhookSecrets: [String], polloWebhookSecret: String, isLive: Bool,
        creditPolicy: CreditPolicy, signupCredit: Money, generateLimit: CallLimit,
        purchaseLimit: CallLimit, deadlines: JobDeadlines, exceptOrigins: [Origin] = [],
        requiresVerified: Bool = false
    ) {
        self.origin = origin
        self.jwtSecret = jwtSecret
        self.previousJWTSecret = previousJWTSecret
        self.stripeWebhookSecrets = stripeWebhookSecrets
        self.polloWebhookSecret = polloWebhookSecret
        self.isLive = isLive
        self.creditPolicy = creditPolicy
        self.signupCredit = signupCredit
        self.generateLimit = generateLimit
        self.purchaseLimit = purchaseLimit
        self.deadlines = deadlines
        self.exceptOrigins = exceptOrigins
        self.requiresVerified = requiresVerified
    }
}

/// The application on one worker thread: its connections, its keys and what it remembers.
package final class Site {
    let settings: SiteSettings
    let database: Connection
    let stripe: StripeClient
    let tokens: TokenAuthority
    let links: LinkTokens
    let passwords: PasswordGate
    let threads: ThreadGate
    private let log: Logger
    private let router: Router
    private var remembered = Remembered()

    /// - Parameters:
    ///   - passwords: of the whole process, as is
    ///   - threads: what its threads may wait for.
    package init(
        settings: SiteSettings, database: Connection, stripe: StripeClient,
        passwords: PasswordGate, threads: ThreadGate, log: Logger
    ) {
        self.settings = settings
        self.database = database
        self.stripe = stripe
        self.passwords = passwords
        self.threads = threads
        self.log = log
        tokens = TokenAuthority(
            secret: settings.jwtSecret, previous: settings.previousJWTSecret)
        links = LinkTokens(secret: settings.jwtSecret, previous: settings.previousJWTSecret)
        router = Router(routes)
    }

    package func respond(to request: Request) -> Response {
        let match = router.match(request.method, request.path)
        do {
            switch match {
            case .found(let handler, let arguments):
                return try handler(request, Context(site: self, arguments: arguments))
            case .wrongMethod(let allowed):
                throw Refused(allowing: allowed)
            case .notFound:
                throw NotFound()
            }
        } catch {
            return answer(to: error, request: request, log: logger(for: request))
        }
    }

    func logger(for request: Request) -> Logger {
        var log = log
        log[metadataKey: "request"] = "\(request.id)"
        return log
    }

    /// The catalog at its current version.
    func catalog() throws -> Catalog {
        let version = try database.currentCatalogVersion()
        if let catalog = remembered.catalog, catalog.version == version { return catalog }
        let catalog = try database.catalog(version: version)
        remembered.catalog = catalog
        return catalog
    }

    /// How long videos take, measured by `work`; read again after half a minute.
    func renderTimes(at now: Date) throws -> [RenderTimeKey: RenderTime] {
        if let readAt = remembered.renderTimesReadAt, abs(now.timeIntervalSince(readAt)) < 30 {
            return remembered.renderTimes
        }
        remembered.renderTimes = try database.renderTimes()
        remembered.renderTimesReadAt = now
        return remembered.renderTimes
    }

    /// What the API says of itself, with the catalog's current version.
    func openAPI() throws -> [UInt8] {
        let catalog = try catalog()
        if let known = remembered.openAPI, known.version == catalog.version {
            return known.document
        }
        let document = OpenAPI.document(of: routes, catalog: catalog, appURL: settings.appURL)
        remembered.openAPI = (catalog.version, document)
        return document
    }

    private struct Remembered {
        var catalog: Catalog?
        var openAPI: (version: Int, document: [UInt8])?
        var renderTimes: [RenderTimeKey: RenderTime] = [:]
        var renderTimesReadAt: Date?
    }
}

/// What a handler may touch while it answers one request.
package struct Context {
    let site: Site
    /// What the variable parts of the route's path were.
    let arguments: [String]
    let now: Date
    /// What the route takes; empty for one that takes nothing.
    var body = Content.empty

    init(site: Site, arguments: [String], now: Date = Date()) {
        self.site = site
        self.arguments = arguments
        self.now = now
    }

    var settings: SiteSettings { site.settings }
    var database: Connection { site.database }

    /// How long one request may ask Stripe, however many calls that takes.
    private static let patienceForStripe = Duration.seconds(10)

    /// Runs `body`, which asks Stripe and applies what it says. Throws ``Crowded`` and has done
    /// nothing when as many as may wait for Stripe do.
    func withBilling<Result>(_ log: Logger, _ body: (Billing) throws -> Result) throws -> Result {
        try site.threads.pass(.stripe) {
            var stripe = site.stripe
            stripe.deadline = .now + Self.patienceForStripe
            return try body(
                Billing(
                    database: database, stripe: stripe, policy: settings.creditPolicy, log: log))
        }
    }

    /// The id in the path, the first of several; one that is malformed is an id of nothing.
    func id<Kind>(at index: Int = 0) throws -> ID<Kind> {
        guard arguments.indices.contains(index), let id = ID<Kind>(arguments[index]) else {
            throw NotFound()
        }
        return id
    }
}
