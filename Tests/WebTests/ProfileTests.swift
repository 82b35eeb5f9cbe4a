import DatabaseSupport
import Domain
import HTTPTypes
import JSON
import Ledger
import MariaDB
import Store
import Testing
import Texts

@testable import Account
@testable import Console
@testable import Web

/// What somebody says of themselves: their name, and the language of their mails.
@Suite struct `Profiles` {
    private func change(_ body: String, _ site: TestSite, as user: TestUser) throws -> Answer {
        try site.send(
            .patch, "/api/me", TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
            body: Array(body.utf8))
    }

    private func register(
        _ email: String, _ site: TestSite, _ headers: [(name: String, value: String)] = [],
        more: String = ""
    ) throws -> Answer {
        try site.post(
            "/api/auth/register",
            #"{"email": "\#(email)", "password": "\#(TestUser.password)"\#(more)}"#, headers)
    }

    @Test func `a name is trimmed, composed, shown, and taken away`() throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.get("/api/me", as: user).json["name"] == .null)
            let named = try change(#"{"name": "  Zoe\u0308 M\u00fcller "}"#, site, as: user)
            #expect(named.json["name"] == "Zo\u{EB} M\u{FC}ller")
            #expect(try site.get("/api/me", as: user).json["name"] == "Zo\u{EB} M\u{FC}ller")
            _ = try change(#"{"notifications": {"receipt": false}}"#, site, as: user)
            #expect(try site.get("/api/me", as: user).json["name"] == "Zo\u{EB} M\u{FC}ller")
            for nothing in ["\"\"", "\"  \"", "null"] {
                _ = try change(#"{"name": "Ada"}"#, site, as: user)
                #expect(try change(#"{"name": \#(nothing)}"#, site, as: user).json["name"] == .null)
            }
        }
    }

    @Test(arguments: [
        #""Ada\nLovelace""#, #""Ada\u202eLovelace""#, #""Ada\u2066""#, #""\u200b\u200b""#,
        #""a\u0007""#, "7", #""\#(String(repeating: "a", count: 61))""#,
    ])
    func `what is no name of one visible line is refused, and changes nothing`(name: String) throws
    {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try change(#"{"name": "Ada"}"#, site, as: user).status == 200)
            let answer = try change(#"{"name": \#(name), "language": "tlh"}"#, site, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == ["name", "language"])
            #expect(try site.get("/api/me", as: user).json["name"] == "Ada")
        }
    }

    @Test func `the longest name is taken, and somebody is found by a part of it`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, other) = (try site.makeUser(), try site.makeUser())
            let longest = String(repeating: "\u{E9}", count: 60)
            #expect(try change(#"{"name": "\#(longest)"}"#, site, as: other).status == 200)
            _ = try change(#"{"name": "Zo\u00eb Lovelace"}"#, site, as: user)
            for words in ["lovelace", "LOVE", "zoe%CC%88"] {
                let found = try site.get(
                    "/api/admin/users", query: "q=\(words)", as: administrator)
                #expect(found.items.map { $0["id"]?.string } == ["\(user.id)"], "\(words)")
                #expect(found.items.first?["name"] == "Zo\u{EB} Lovelace")
            }
            let person = try site.get("/api/admin/users/\(user.id)", as: administrator)
            #expect(person.json["name"] == "Zo\u{EB} Lovelace")
        }
    }

    @Test func `a receipt names who bought as they were called then`() throws {
        try withFreshSite { site in
            let user = try site.makeUser()
            _ = try change(#"{"name": "Ada"}"#, site, as: user)
            let order = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
            let id = try #require(order.json["purchaseId"]?.string.flatMap { PurchaseID($0) })
            let purchase = try #require(try site.database.purchase(id))
            try site.database.withWallet(of: user.account) { wallet in
                try wallet.credit(
                    purchase, paymentIntent: "pi_\(id)", policy: site.site.settings.creditPolicy)
            }
            _ = try change(#"{"name": "Grace"}"#, site, as: user)
            let path = "/api/credits/purchases/\(id)"
            let receipt = try #require(
                try site.get(path + "/statement", as: user).json["documents"]?.array?.first)
            #expect(receipt["buyerName"] == "Ada")
            #expect(receipt["buyer"] == .string(user.email))
            let document = try #require(
                try site.database.documents(of: id, of: user.account).first)
            #expect(
                DocumentPage(document: document, purchase: purchase).markup.contains(
                    "Ada\n\(user.email)"))
        }
    }

    @Test(arguments: [
        ("de-AT,de;q=0.9,en;q=0.8", "de"), ("en-GB,de;q=0.5", "en"), ("fr,de;q=0.1", "de"),
        ("de;q=0,*", "en"), ("fr", "en"), ("", "en"),
    ])
    func `a new account reads the language that its browser asks for`(header: String, code: String)
        throws
    {
        try withSite { site in
            let answer = try register(
                "\(UserID.new())@example.org", site, [("HTTP_ACCEPT_LANGUAGE", header)])
            #expect(answer.status == 201)
            let id = try #require(answer.json["user"]?["id"]?.string.flatMap { UserID($0) })
            #expect(try site.database.language(of: id).code == code)
        }
    }

    @Test func `the language of mails is one of the shop's`() throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.get("/api/me", as: user).json["language"] == "en")
            #expect(try change(#"{"language": "de"}"#, site, as: user).json["language"] == "de")
            for wrong in ["\"DE\"", "\"\"", "null", "1"] {
                let answer = try change(#"{"language": \#(wrong)}"#, site, as: user)
                #expect(answer.refused == ["language"])
                #expect(answer.text.contains("en, de"))
            }
            #expect(try site.get("/api/me", as: user).json["language"] == "de")
        }
    }

    // MARK: Terms

    private func inForce(_ version: String) -> [(name: String, value: String)] {
        [("SHOP_TERMS", version)]
    }

    private func versions(_ user: UserID, _ site: TestSite) throws -> [String] {
        try site.database.query(
            "SELECT version FROM terms_acceptances WHERE user_id = \(user) ORDER BY accepted_at"
        ) { row in try row("version") }
    }

    @Test func `whoever registers agrees to the terms in force, and to no others`() throws {
        try withSite { site in
            let email = "\(UserID.new())@example.org"
            let stale = try site.post(
                "/api/auth/register",
                #"{"email": "no", "password": "\#(TestUser.password)", "terms": "v1"}"#,
                inForce("v2"))
            #expect(stale.refused == ["terms", "email"])
            #expect(
                try register(email, site, inForce("v2"), more: #", "terms": "v1""#).status == 400)
            let made = try register(email, site, inForce("v2"), more: #", "terms": "v2""#)
            let id = try #require(made.json["user"]?["id"]?.string.flatMap { UserID($0) })
            #expect(try versions(id, site) == ["v2"])
            #expect(
                try register(email, site, inForce("v3")).status == 409)
            #expect(try versions(id, site) == ["v2"])
            let implied = try register(
                "\(UserID.new())@example.org", site, inForce("v3"))
            let other = try #require(implied.json["user"]?["id"]?.string.flatMap { UserID($0) })
            #expect(try versions(other, site) == ["v3"])
            let none = try register("\(UserID.new())@example.org", site)
            let third = try #require(none.json["user"]?["id"]?.string.flatMap { UserID($0) })
            #expect(try versions(third, site).isEmpty)
        }
    }

    @Test func `a purchase notes the terms in force, and a page that shows them agrees to them`()
        throws
    {
        try withSite { site in
            let user = try site.makeUser()
            func buy(_ terms: String?) throws -> Answer {
                let more = terms.map { #", "terms": "\#($0)""# } ?? ""
                return try site.post(
                    "/api/credits/purchase", #"{"packageId": "pro"\#(more)}"#, as: user,
                    inForce("v2"))
            }
            func acceptedAt(_ version: String) throws -> JSONValue? {
                try site.get("/api/me", as: user, inForce(version)).json["terms"]?["acceptedAt"]
            }
            #expect(try site.get("/api/me", as: user).json["terms"] == nil)
            #expect(try buy("v1").refused == ["terms"])
            #expect(try buy(nil).status == 201)
            #expect(try acceptedAt("v2") == .null)
            #expect(try buy("v2").status == 201)
            let first = try acceptedAt("v2")
            #expect(first != .null)
            #expect(try buy("v2").status == 201)
            #expect(try acceptedAt("v2") == first)
            #expect(try acceptedAt("v3") == .null)
            #expect(try versions(user.id, site) == ["v2"])
            let noted = try site.count(
                """
                SELECT COUNT(*) AS count FROM purchases
                WHERE account_id = \(user.account) AND terms_version = 'v2'
                """)
            #expect(noted == 3)
        }
    }
}
