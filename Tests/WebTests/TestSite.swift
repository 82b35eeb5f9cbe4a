import Addresses
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Media
import PaymentSupport
import Sandbox
import Sodium
import Store
import Stripe
import Testing

@testable import Account
@testable import Console
@testable import Entrance
@testable import Front
@testable import Library
@testable import Web

/// All that the site answers.
let routes = Web.routes + Account.routes + Front.routes + Library.routes + Console.routes

/// A request as nginx hands it over: CGI parameters in their order, and a body.
final class TestSource: RequestSource {
    private let parameters: [(name: String, value: String)]
    private let bytes: [UInt8]

    init(_ parameters: [(name: String, value: String)], body: [UInt8]) {
        self.parameters = parameters
        bytes = body
    }

    func parameter(_ name: StaticString) -> String? {
        parameters.first { $0.name == name.description }?.value
    }

    func count(of name: StaticString) -> Int {
        parameters.count { $0.name == name.description }
    }

    func body(upTo limit: Int) throws -> [UInt8] {
        guard bytes.count <= limit else { throw BodyTooLarge(limit: limit) }
        return bytes
    }
}

/// Names of header parameters that tests send.
enum Header {
    static let authorization = "HTTP_AUTHORIZATION"
    static let cookie = "HTTP_COOKIE"
    static let origin = "HTTP_ORIGIN"
    static let idempotencyKey = "HTTP_IDEMPOTENCY_KEY"
    static let ifNoneMatch = "HTTP_IF_NONE_MATCH"
    static let stripeSignature = "HTTP_STRIPE_SIGNATURE"
}

/// An answer that was found to be as the API describes it.
struct Answer {
    let response: Response
    /// Null for an answer without a JSON body.
    let json: JSONValue

    var status: Int { response.status.code }
    var text: String { String(decoding: response.body, as: UTF8.self) }
    var code: String? { json["error"]?["code"]?.string }
    var fields: HTTPFields { response.fields }
    var items: [JSONValue] { json["items"]?.array ?? [] }
    /// The names of the fields that were refused.
    var refused: [String] {
        (json["error"]?["details"]?.array ?? []).compactMap { $0["field"]?.string }
    }
}

struct TestUser {
    let id: UserID
    /// What they own.
    let account: AccountID
    let email: String
    let token: String

    static let password = "a password of these tests"
}

/// The real site on a real database, with Stripe in memory.
final class TestSite {
    static let origin = "https://rushes.example"
    static let secret = Array("a secret of thirty-two bytes, or more".utf8)
    static let previousSecret = Array("the secret that was good until today".utf8)
    static let stripeSecret = "whsec_of_these_tests"
    static let polloSecret = Base64.encode(Array("the secret of the video vendor's".utf8))

    let database: Connection
    let stripe: TinyStripe
    let media: Storage
    let site: Site
    /// Where requests come from: another network for each site, because tries are counted by it.
    var address =
        "2001:db8:\(String(UInt16.random(in: 0 ... .max), radix: 16)):"
        + "\(String(UInt16.random(in: 0 ... .max), radix: 16))::1"

    init(
        _ database: Connection, stripe: TinyStripe = TinyStripe(),
        passwords: PasswordGate = PasswordGate(), limit: Int = 10, purchaseLimit: Int = 100,
        signupCredit: Money = .zero, requiresVerified: Bool = false,
        threads: ThreadGate = ThreadGate(threads: 16), trouble: DatabaseTrouble = DatabaseTrouble(),
        media: Storage = Storage(folder: "/nonexistent"), pictures: PictureServer = PictureServer(),
        supportRefundLimit: Money = 50.dollars, operatorsNeedCodes: Bool = false
    ) {
        self.database = database
        self.stripe = stripe
        self.media = media
        guard let origin = try? Origin(Self.origin) else { preconditionFailure(Self.origin) }
        let settings = SiteSettings(
            origin: origin, jwtSecret: Self.secret, previousJWTSecret: Self.previousSecret,
            stripeWebhookSecrets: [Self.stripeSecret], polloWebhookSecret: Self.polloSecret,
            isLive: false, creditPolicy: CreditPolicy(expiry: .seconds(90 * 86_400)),
            seller: .test, signupCredit: signupCredit,
            generateLimit: CallLimit(calls: limit, window: .seconds(900)),
            purchaseLimit: CallLimit(calls: purchaseLimit, window: .seconds(900)),
            deadlines: JobDeadlines(), media: media, requiresVerified: requiresVerified,
            supportRefundLimit: supportRefundLimit, operatorsNeedCodes: operatorsNeedCodes)
        site = Site(
            routes: routes, settings: settings, database: database,
            stripe: stripe.client,
            passwords: passwords, threads: threads, trouble: trouble, fetch: pictures.fetch,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Sends a request and holds its answer against the API's description.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, query: String = "",
        _ headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let request = Request(
            method: method, path: path, queryString: query, id: "request-1",
            source: TestSource([("REMOTE_ADDR", address)] + headers, body: body))
        let response = site.respond(to: request)
        let json =
            response.contentType?.description == "application/json"
            ? try JSONValue(parsing: response.body) : .null
        let problems = Contract.shared.problems(
            with: response, json: json, to: method, path: path)
        #expect(problems == [], sourceLocation: sourceLocation)
        return Answer(response: response, json: json)
    }

    func get(
        _ path: String, query: String = "", as user: TestUser? = nil,
        _ headers: [(name: String, value: String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        try send(
            .get, path, query: query, Self.bearer(user) + headers, sourceLocation: sourceLocation)
    }

    func post(
        _ path: String, _ json: String = "", as user: TestUser? = nil,
        _ headers: [(name: String, value: String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        try send(
            .post, path, Self.bearer(user) + [("CONTENT_TYPE", "application/json")] + headers,
            body: Array(json.utf8), sourceLocation: sourceLocation)
    }

    static func bearer(_ user: TestUser?) -> [(name: String, value: String)] {
        user.map { [(Header.authorization, "Bearer \($0.token)")] } ?? []
    }

    /// A new user, signed in, whose account has `credit` to spend.
    func makeUser(credit: Money = .zero) throws -> TestUser {
        let (id, account) = (UserID.new(), AccountID.new())
        let email = "\(id)@example.org"
        try database.createUser(
            id, owning: account, email: email, passwordHash: Self.passwordHash, role: .user)
        if credit > .zero {
            try database.grantCredit(
                credit, to: account, reason: "Test", policy: site.settings.creditPolicy,
                grant: ID(uuid: id.uuid))
        }
        let token = TokenAuthority.Token(
            userID: id, sessionID: randomBytes(16), expiresAt: Date() + 3600)
        try database.createSession(
            idHash: token.sessionHash, of: id, lasting: .seconds(3600), userAgent: "test",
            address: "192.0.2.1")
        return TestUser(
            id: id, account: account, email: email,
            token: site.tokens.sign(token, at: Date()))
    }

    func makeAdministrator() throws -> TestUser { try makeOperator(.admin) }

    func makeOperator(_ role: User.Role) throws -> TestUser {
        let user = try makeUser()
        try database.execute("UPDATE users SET role = \(role) WHERE id = \(user.id)")
        return user
    }

    private static let passwordHash = Password.hash(TestUser.password)

    /// Orders a video of the cheapest kind and returns its id.
    func makeVideo(
        for user: TestUser, prompt: String = "a boat on a quiet lake", tier: String = "economy"
    ) throws -> VideoID {
        let answer = try post(
            "/api/videos/generate",
            #"{"tier": "\#(tier)", "duration": 5, "prompt": "\#(prompt)"}"#, as: user)
        try #require(answer.status == 202)
        return try #require(answer.json["jobId"]?.string.flatMap { VideoID($0) })
    }

    /// Gives the video a file, as when it was delivered.
    func deliver(_ video: VideoID, poster: Bool = true) throws {
        try database.execute(
            """
            UPDATE video_jobs
            SET state = 'delivered', task_id = \("task-\(video)"), completed_at = UTC_TIMESTAMP(6),
                deadline_at = NULL, file_bytes = 1000,
                file_sha256 = \(Hex.encode(SHA256.hash([]))), file_milliseconds = 5000,
                file_width = 1280, file_height = 720, has_poster = \(poster)
            WHERE id = \(video)
            """)
    }

    func count(_ sql: SQL) throws -> Int {
        try database.first(sql) { row in try row("count") as Int } ?? 0
    }
}

/// Runs `body` with a site on the database that these tests share. What belongs to no user, such as
/// the catalog, must not be changed there.
func withSite(
    limit: Int = 10, signupCredit: Money = .zero, _ body: (TestSite) throws -> Void
) throws {
    try body(
        TestSite(Connection(sharedDatabase.get()), limit: limit, signupCredit: signupCredit))
}

private let sharedDatabase = Result {
    try TestDatabases.shared.common(migrated: schemaFolder, named: "web")
}

/// Runs `body` with a site that has a database of its own.
func withFreshSite(
    supportRefundLimit: Money = 50.dollars, _ body: (TestSite) throws -> Void
) throws {
    try withFreshDatabase { configuration in
        try body(TestSite(Connection(configuration), supportRefundLimit: supportRefundLimit))
    }
}

extension TinyStripe {
    /// The next call is refused, and asking again is said to be of no use, so that nobody waits.
    func refuseNext(_ status: Int, _ message: String = "no") {
        let body = #"{"error": {"type": "api_error", "message": "\#(message)"}}"#
        meet(.answer(status: status, body: body, shouldRetry: false))
    }
}

extension OutboundRequest {
    var idempotencyKey: String? {
        fields.first { $0.name.canonicalName == "idempotency-key" }?.value
    }
}

extension Int {
    /// This many dollars.
    var dollars: Money { Money(micros: Int64(self) * 1_000_000) }
}
