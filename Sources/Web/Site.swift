// Web: the shop over HTTP: routes beside their handlers, who calls, what is refused, and the API's
// description, which follows from these. A handler parses, runs one transaction of Store and
// answers; the rules are in Domain. It knows neither FastCGI nor curl: a test sends it a Request.

import API
import Domain
package import Entrance
import FoundationEssentials
package import HTTP
import HTTPTypes
package import Logging
package import MariaDB
import Sodium
import Store
package import Stripe

/// The application on one worker thread: its connections, its keys and what it remembers.
package final class Site {
    let settings: SiteSettings
    let database: Connection
    let stripe: StripeClient
    let tokens: TokenAuthority
    let links: LinkTokens
    /// Seals the secrets of authenticators.
    let secrets: SecretBox
    /// Makes the links of shared videos.
    let shareLinks: LinkTokens
    let passwords: PasswordGate
    let threads: ThreadGate
    let trouble: DatabaseTrouble
    let fetch: Fetch
    private let log: Logger
    private let operations: [Operation]
    private let router: Router
    private let handlers: [Handler]
    private var remembered = Remembered()

    /// - Parameters:
    ///   - routes: all that it answers.
    ///   - passwords: of the whole process, as is
    ///   - threads: what its threads may wait for, and
    ///   - trouble: what the database refused them
    ///   - fetch: brings the pictures that people name by their addresses.
    package init(
        routes: [Route], settings: SiteSettings, database: Connection, stripe: StripeClient,
        passwords: PasswordGate, threads: ThreadGate, trouble: DatabaseTrouble,
        fetch: @escaping Fetch, log: Logger
    ) {
        operations = routes.map(\.operation)
        router = Router(operations)
        handlers = routes.map(\.handler)
        self.settings = settings
        self.database = database
        self.stripe = stripe
        self.passwords = passwords
        self.threads = threads
        self.trouble = trouble
        self.fetch = fetch
        self.log = log
        tokens = TokenAuthority(
            secret: settings.jwtSecret, previous: settings.previousJWTSecret)
        secrets = SecretBox(
            secret: settings.jwtSecret, previous: settings.previousJWTSecret,
            purpose: SecondFactor.purpose)
        links = LinkTokens(secret: settings.jwtSecret, previous: settings.previousJWTSecret)
        shareLinks = LinkTokens(
            secret: settings.jwtSecret, previous: settings.previousJWTSecret, for: .share)
    }

    /// - Parameter systemUser: who calls at the command line, as an operator.
    package func respond(to request: Request, from systemUser: String? = nil) -> Response {
        let match = router.match(request.method, request.path)
        do {
            switch match {
            case .found(let index, let arguments):
                let context = Context(site: self, request: request, arguments: arguments)
                context.systemUser = systemUser
                return try handlers[index](context)
            case .wrongMethod(let allowed):
                throw Refused(allowing: allowed)
            case .notFound:
                throw NotFound()
            }
        } catch {
            trouble.note(error)
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
        try remembered.renderTimes.value(at: now) { try database.renderTimes() }
    }

    /// How much of each tier was made in the month; likewise.
    func secondsMade(at now: Date) throws -> [String: Int] {
        try remembered.secondsMade.value(at: now) { try database.secondsMadeThisMonth() }
    }

    /// What the API says of itself, with the catalog's current version; nil for all of it.
    func openAPI(for audience: OpenAPI.Audience?) throws -> [UInt8] {
        let catalog = try catalog()
        if let known = remembered.openAPI[audience], known.version == catalog.version {
            return known.document
        }
        let document = OpenAPI.document(
            of: operations, for: audience, catalog: catalog, appURL: settings.appURL,
            cookie: SessionCookie.name)
        remembered.openAPI[audience] = (catalog.version, document)
        return document
    }

    private struct Remembered {
        var catalog: Catalog?
        var openAPI: [OpenAPI.Audience?: (version: Int, document: [UInt8])] = [:]
        var renderTimes = Lately<[RenderTimeKey: RenderTime]>()
        var secondsMade = Lately<[String: Int]>()
    }

    /// What is read again after half a minute.
    private struct Lately<Value> {
        private var known: (value: Value, readAt: Date)?

        mutating func value(at now: Date, _ read: () throws -> Value) rethrows -> Value {
            if let known, abs(now.timeIntervalSince(known.readAt)) < 30 { return known.value }
            let value = try read()
            known = (value, now)
            return value
        }
    }
}
