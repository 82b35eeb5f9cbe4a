import BooksSupport
import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Testing
import Texts

@testable import API
@testable import Console
@testable import Web

/// Who runs which part of the shop.
struct RoleTests {
    private static let everybody: Set<User.Role> = [.support, .accountant, .admin]
    private static let helpers: Set<User.Role> = [.support, .admin]
    private static let readers: Set<User.Role> = [.accountant, .admin]

    /// Who may call what, said once more, by the routes' own names.
    private static let allowed: [String: Set<User.Role>] = [
        "listAttention": everybody, "listAudit": everybody,
        "exportAudit": everybody, "showHealth": everybody, "askVendors": everybody,
        "sendTestMail": everybody, "sendTestWebhook": everybody, "showAnnouncements": everybody,
        "listPeople": helpers, "showPerson": helpers, "listPersonSessions": helpers,
        "listAllVideos": helpers, "showAnyVideo": helpers,
        "listAllPurchases": everybody, "showAnyPurchase": everybody,
        "showDispute": everybody, "downloadEvidence": everybody, "submitEvidence": helpers,
        "listAccountTransactions": everybody,
        "showReconciliation": readers, "showCatalog": readers,
        "blockPerson": helpers, "unblockPerson": helpers, "signPersonOut": helpers,
        "verifyPerson": helpers, "notePerson": helpers, "resetSecondFactor": helpers,
        "showOverview": readers, "exportDays": readers, "exportTiers": readers,
        "endVideo": helpers, "resolveVideo": helpers, "refundPurchase": helpers,
    ]

    @Test(arguments: User.Role.allCases)
    func `each route answers exactly who may call it`(role: User.Role) throws {
        try withSite { site in
            let caller = try site.makeOperator(role)
            for operation in Console.routes.map(\.operation) {
                let path = operation.pattern.replacing(":id", with: VideoID.new().description)
                let headers =
                    TestSite.bearer(caller) + [
                        ("CONTENT_TYPE", "application/json"),
                        (Header.idempotencyKey, "key-\(UserID.new())"),
                    ]
                let answer = try site.send(operation.method, path, headers, body: Array("{}".utf8))
                // What is in no list is an administrator's alone.
                let may = Self.allowed[operation.id, default: [.admin]].contains(role)
                let name = Comment(rawValue: "\(role) \(operation.id): \(answer.status)")
                switch role {
                case .user: #expect(answer.status == 404, name)
                case _ where may: #expect(answer.status != 403 && answer.status != 401, name)
                default:
                    #expect(answer.status == 403, name)
                    #expect(answer.code == "FORBIDDEN", name)
                }
            }
            let known = Set(Console.routes.map(\.operation.id))
            #expect(known.isSuperset(of: Self.allowed.keys))
            let told = try site.get("/api/me", as: caller).json["permissions"]?.array ?? []
            #expect(told.isEmpty == (role == .user))
            #expect(told.contains("setRoles") == (role == .admin))
        }
    }

    @Test func `a part is given and taken by another's word alone, and is written down`() throws {
        try withFreshSite { site in
            let owner = try site.makeOperator(.admin)
            let user = try site.makeUser()
            func set(
                _ role: String, of person: TestUser, by actor: TestUser, key: String
            ) throws -> Answer {
                try site.post(
                    "/api/admin/users/\(person.id)/role",
                    #"{"reason": "a test", "role": "\#(role)"}"#, as: actor,
                    [(Header.idempotencyKey, key)])
            }
            #expect(try site.get("/api/admin/users", as: user).status == 404)
            #expect(try set("support", of: user, by: owner, key: "1").status == 204)
            #expect(try set("support", of: user, by: owner, key: "1").status == 204)
            #expect(try set("accountant", of: user, by: owner, key: "1").status == 409)
            // At once, in the session that they have.
            #expect(try site.get("/api/admin/users", as: user).status == 200)
            #expect(try set("admin", of: user, by: user, key: "2").status == 403)
            #expect(try set("owner", of: user, by: owner, key: "3").refused == ["role"])
            #expect(try set("user", of: owner, by: owner, key: "4").status == 409)
            let lines = try site.get("/api/admin/audit", query: "action=user.role", as: owner)
            #expect(lines.items.map { $0["detail"]?.string } == ["user -> support"])

            #expect(try set("admin", of: user, by: owner, key: "5").status == 204)
            #expect(try set("user", of: owner, by: user, key: "6").status == 204)
            #expect(try site.get("/api/admin/attention", as: owner).status == 404)
            // Nobody else is there to take it; the command line is not the person.
            let atTheCommandLine = try Operator(userID: nil, systemUser: "root", reason: "a test")
            #expect(throws: Conflict(.lastAdministrator)) {
                try site.database.setRole(of: user.id, to: .user, by: atTheCommandLine)
            }
        }
    }

    @Test func `two who take each other's part leave one administrator`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration))
            let people = try (0..<2).map { _ in try site.makeOperator(.admin) }
            _ = try inParallel(2) { index in
                let actor = try Operator(userID: people[index].id, reason: "a test")
                do {
                    try Connection(configuration).setRole(
                        of: people[1 - index].id, to: .user, by: actor)
                } catch is Conflict {}
            }
            #expect(
                try site.count("SELECT COUNT(*) AS count FROM users WHERE role = 'admin'") == 1)
        }
    }

    @Test func `support acts on customers, not on who runs the shop`() throws {
        try withSite { site in
            let helper = try site.makeOperator(.support)
            let people = try User.Role.allCases.map { try ($0, site.makeOperator($0)) }
            for act in [
                "block", "unblock", "sign-out", "verification", "second-factor-reset", "notes",
            ] {
                for (role, person) in people {
                    let answer = try site.post(
                        "/api/admin/users/\(person.id)/\(act)", #"{"reason": "a test"}"#,
                        as: helper, [(Header.idempotencyKey, "\(act)-\(person.id)")])
                    #expect(answer.status == (role == .user ? 204 : 409), "\(act) \(role)")
                }
            }
            for (_, person) in people.dropFirst() {
                #expect(try site.get("/api/me", as: person).status == 200)
            }
        }
    }

    // MARK: Who it is

    /// Lets it be eleven minutes ago that they signed in.
    private func forgetProof(of user: TestUser, _ site: TestSite) throws {
        try site.database.execute(
            """
            UPDATE sessions SET proved_at = proved_at - INTERVAL 11 MINUTE
            WHERE user_id = \(user.id)
            """)
    }

    @Test func `what is dangerous takes a proof of who it is, at most ten minutes old`() throws {
        try withFreshSite { site in
            let owner = try site.makeOperator(.admin)
            let person = try site.makeUser()
            let purchase = try buy(site)
            let acts = [
                ("accounts/\(person.account)/grant", #""amount": 1"#),
                ("users/\(person.id)/role", #""role": "support""#),
                ("users/\(person.id)/second-factor-reset", #""also": 1"#),
                ("purchases/\(purchase)/refund", #""amount": 1"#),
            ]
            func act(_ number: Int) throws -> Answer {
                let (path, field) = acts[number]
                return try site.post(
                    "/api/admin/\(path)", #"{"reason": "a test", \#(field)}"#, as: owner,
                    [(Header.idempotencyKey, "act-\(number)")])
            }
            try forgetProof(of: owner, site)
            for number in acts.indices {
                let refused = try act(number)
                #expect(refused.status == 403 && refused.code == "CONFIRMATION_NEEDED")
            }
            let lines = try site.get("/api/admin/audit", as: owner)
            #expect(lines.status == 200 && lines.items.isEmpty)
            // What can be undone does not ask.
            let note = try site.post(
                "/api/admin/users/\(person.id)/notes", #"{"reason": "a test"}"#, as: owner,
                [(Header.idempotencyKey, "note")])
            #expect(note.status == 204)
            let proof = try site.post(
                "/api/auth/confirmation", #"{"currentPassword": "\#(TestUser.password)"}"#,
                as: owner)
            #expect(proof.status == 204)
            for number in acts.indices {
                #expect((200..<300).contains(try act(number).status), "\(acts[number].0)")
            }
        }
    }

    /// Of each route, so that one that is added later asks too.
    @Test func `each route that moves money, prices, roles or codes asks for that proof`() throws {
        try withSite { site in
            let owner = try site.makeOperator(.admin)
            try forgetProof(of: owner, site)
            var asking: Set<String> = []
            for operation in Console.routes.map(\.operation) where operation.method != .get {
                let path = operation.pattern.replacing(":id", with: VideoID.new().description)
                let answer = try site.send(
                    operation.method, path,
                    TestSite.bearer(owner) + [
                        ("CONTENT_TYPE", "application/json"),
                        (Header.idempotencyKey, "key-\(UserID.new())"),
                    ], body: Array("{}".utf8))
                if answer.code == "CONFIRMATION_NEEDED" { asking.insert(operation.id) }
            }
            let others = Set(
                Console.routes.map(\.operation).filter { $0.method != .get }.map(\.id)
            ).subtracting(asking)
            #expect(
                others == [
                    "blockPerson", "unblockPerson", "signPersonOut", "verifyPerson", "notePerson",
                    "endVideo", "resolveVideo", "askVendors", "sendTestMail", "sendTestWebhook",
                ])
        }
    }

    @Test func `in production the console is open only to who signs in with codes`() throws {
        try withFreshDatabase { configuration in
            let database = Connection(configuration)
            let site = TestSite(database, operatorsNeedCodes: true)
            let owner = try site.makeOperator(.admin)
            let customer = try site.makeUser()
            func look(_ user: TestUser) throws -> Answer {
                try site.get("/api/admin/attention", as: user)
            }
            let refused = try look(owner)
            #expect(refused.status == 403 && refused.text.contains("Switch codes on"))
            #expect(try look(customer).status == 404)
            try database.beginSecondFactor(
                of: owner.id, sealed: [1], by: [UInt8](repeating: 1, count: 8))
            // Begun is not on.
            #expect(try look(owner).status == 403)
            try database.execute(
                "UPDATE second_factors SET turned_on_at = created_at WHERE user_id = \(owner.id)")
            #expect(try look(owner).status == 200)
        }
    }

    // MARK: Refunds up to a sum

    /// $10.00 of credit that were paid with $9.99.
    private func buy(_ site: TestSite) throws -> String {
        let user = try site.makeUser()
        let order = try site.post("/api/credits/purchase", #"{"packageId": "starter"}"#, as: user)
        let id = try #require(order.json["purchaseId"]?.string)
        site.stripe.complete(try #require(order.json["sessionId"]?.string))
        let paid = try site.get("/api/credits/purchases/\(id)", as: user)
        try #require(paid.json["status"] == "paid")
        return id
    }

    @Test func `support sends back so much within a day, an administrator all`() throws {
        try withFreshSite(supportRefundLimit: 12.dollars) { site in
            let helper = try site.makeOperator(.support)
            let other = try site.makeOperator(.support)
            let owner = try site.makeOperator(.admin)
            let ids = try (0..<4).map { _ in try buy(site) }
            func refund(_ id: String, _ amount: String, by actor: TestUser) throws -> Answer {
                try site.post(
                    "/api/admin/purchases/\(id)/refund",
                    #"{"reason": "asked by mail", "amount": \#(amount)}"#, as: actor)
            }
            #expect(try refund(ids[0], "9", by: helper).status == 200)
            let calls = site.stripe.requests.count
            let refused = try refund(ids[1], "3.01", by: helper)
            #expect(refused.status == 409)
            #expect(refused.json["error"]?["message"]?.string?.contains("$3.00 is left") == true)
            #expect(site.stripe.requests.count == calls)
            // What Stripe did not make is not sent.
            site.stripe.refuseNext(400)
            #expect(try refund(ids[1], "3", by: helper).status == 409)
            #expect(try refund(ids[1], "3", by: helper).status == 200)
            #expect(try refund(ids[1], "0.01", by: helper).status == 409)
            #expect(try refund(ids[1], "0.01", by: other).status == 200)
            #expect(try refund(ids[2], "9.99", by: owner).status == 200)
            #expect(try refund(ids[3], "9.99", by: owner).status == 200)
            try site.database.execute("UPDATE refunds SET created_at = created_at - INTERVAL 1 DAY")
            #expect(try refund(ids[1], "1", by: helper).status == 200)
            try expectCleanBooks(site.database)
        }
    }

    @Test func `of two refunds at once one meets the sum`() throws {
        try withFreshDatabase { configuration in
            let stripe = TinyStripe()
            let site = TestSite(Connection(configuration), stripe: stripe)
            let helper = try site.makeOperator(.support)
            let ids = try (0..<8).map { _ in try buy(site) }
            let outcomes = try inParallel(8) { index in
                let actor = try Operator(
                    userID: helper.id, reason: "a test", refundLimit: 20.dollars)
                do {
                    _ = try Connection(configuration).beginRefund(
                        .new(), of: PurchaseID(ids[index]).orThrow("an id"), amount: 9.dollars,
                        by: actor)
                    return true
                } catch is Conflict {
                    return false
                }
            }
            #expect(outcomes.filter { $0 }.count == 2)
        }
    }
}
