import DatabaseSupport
import Domain
import JSON
import MariaDB
import Store
import Testing

@Suite struct `Members of an account, by HTTP` {
    private let order = #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"}"#

    /// Makes `user` a member of another's account, and leaves them none of their own.
    private func move(
        _ user: TestUser, to account: AccountID, as role: Membership.Role = .member,
        _ site: TestSite
    ) throws {
        try site.database.execute(
            """
            UPDATE members SET account_id = \(account), role = \(role)
            WHERE user_id = \(user.id)
            """)
    }

    @Test func `two members order from one balance and see one gallery`() throws {
        try withFreshSite { site in
            let ann = try site.makeUser(credit: 5.dollars)
            let ben = try site.makeUser()
            #expect(try site.post("/api/videos/generate", order, as: ben).status == 402)
            try move(ben, to: ann.account, site)
            let video = try site.makeVideo(for: ben)
            #expect(try site.get("/api/videos/\(video)", as: ann).status == 200)
            for member in [ann, ben] {
                let me = try site.get("/api/me", as: member)
                #expect(me.json["id"]?.string == "\(member.id)")
                #expect(me.json["balance"] == .integer(4))
                #expect(try site.get("/api/videos", as: member).items.count == 1)
            }
            let acts = try site.count(
                """
                SELECT COUNT(*) AS count FROM video_jobs
                WHERE account_id = \(ann.account) AND user_id = \(ben.id)
                """)
            #expect(acts == 1)
        }
    }

    @Test(arguments: [
        (Membership.Role.owner, true, true, true), (.member, true, false, false),
        (.billing, false, true, false),
    ])
    func `a member does what the role is for, and is told so of the rest`(
        role: Membership.Role, orders: Bool, buys: Bool, setsWebhooks: Bool
    ) throws {
        try withFreshSite { site in
            let ann = try site.makeUser(credit: 5.dollars)
            let ben = try site.makeUser()
            try move(ben, to: ann.account, as: role, site)
            let ordered = try site.post("/api/videos/generate", order, as: ben)
            #expect(ordered.status == (orders ? 202 : 403))
            #expect(try site.get("/api/videos", as: ben).status == (orders ? 200 : 403))
            // What is no package is refused after the role was judged.
            let bought = try site.post("/api/credits/purchase", #"{"packageId": "none"}"#, as: ben)
            #expect(bought.status == (buys ? 400 : 403))
            #expect(
                try site.get("/api/webhooks/endpoints", as: ben).status
                    == (setsWebhooks ? 200 : 403))
            #expect(try site.get("/api/credits/balance", as: ben).status == 200)
            #expect(try site.get("/api/me", as: ben).status == 200)
        }
    }

    @Test func `one member's key is not another's request`() throws {
        try withFreshSite { site in
            let ann = try site.makeUser(credit: 5.dollars)
            let ben = try site.makeUser()
            try move(ben, to: ann.account, site)
            let key = [("HTTP_IDEMPOTENCY_KEY", "order-1")]
            for _ in 1...2 {
                #expect(
                    try site.post("/api/videos/generate", order, as: ann, key).status
                        == 202)
            }
            let other = try site.post("/api/videos/generate", order, as: ben, key)
            #expect(other.status == 409)
            #expect(try site.count("SELECT COUNT(*) AS count FROM video_jobs") == 1)
        }
    }

    @Test func `who belongs to no account is refused everywhere, and nothing breaks`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            try site.database.execute("DELETE FROM members WHERE user_id = \(user.id)")
            for path in ["/api/me", "/api/videos", "/api/credits/balance", "/api/sessions"] {
                let answer = try site.get(path, as: user)
                #expect(answer.status == 403)
                #expect(answer.json["error"]?["message"]?.string?.contains("no account") == true)
            }
            #expect(try site.post("/api/videos/generate", order, as: user).status == 403)
        }
    }
}
