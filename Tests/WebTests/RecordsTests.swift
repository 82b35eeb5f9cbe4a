import Domain
import JSON
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Testing

@testable import Console
@testable import Web

/// The operator's lists of purchases and videos.
@Suite struct `Records` {
    @Test func `videos are listed by state, tier, account, task and date`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let ann = try site.makeUser(credit: 9.dollars)
            let ben = try site.makeUser(credit: 9.dollars)
            let first = try site.makeVideo(for: ann)
            let second = try site.makeVideo(for: ben, tier: "basic")
            try site.database.cancel(
                second, of: ben.account, policy: site.site.settings.creditPolicy)
            func found(_ query: String) throws -> [String] {
                let answer = try site.get("/api/admin/videos", query: query, as: administrator)
                #expect(answer.status == 200)
                return answer.items.compactMap { $0["id"]?.string }
            }
            let (one, two) = (first.description, second.description)
            #expect(try found("") == [two, one])
            #expect(try found("state=queued") == [one])
            #expect(try found("state=refunded") == [two])
            #expect(try found("tier=basic") == [two])
            #expect(try found("account=\(ann.account)") == [one])
            #expect(try found("task=t1") == [])
            #expect(try found("from=2020-01-01&to=2020-01-02") == [])
            #expect(try found("from=2020-01-01&limit=1") == [two])
            let wrong = try site.get(
                "/api/admin/videos", query: "state=gone&account=ann&from=soon&limit=0",
                as: administrator)
            #expect(wrong.status == 400)
            #expect(wrong.refused == ["limit", "state", "account", "from"])
        }
    }

    @Test func `a video tells what it costs and what it brings`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 9.dollars)
            let video = try site.makeVideo(for: user)
            let before = try site.get("/api/admin/videos/\(video)", as: administrator)
            #expect(before.json["margin"] == .null)
            #expect(before.json["tries"]?.array?.isEmpty == true)
            try site.database.cancel(
                video, of: user.account, policy: site.site.settings.creditPolicy)
            try site.database.execute(
                "UPDATE video_jobs SET lost_micros = 1200000 WHERE id = \(video)")
            let lost = try site.get("/api/admin/videos/\(video)", as: administrator)
            #expect(lost.json["margin"].flatMap { Money($0) } == Money(cents: -120))
            #expect(
                try site.get("/api/admin/videos/\(VideoID.new())", as: administrator).status == 404)
        }
    }

    @Test func `purchases are listed, and one tells what went back of it`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            let package = try #require(try site.site.catalog().packages.first)
            let (first, second) = (PurchaseID.new(), PurchaseID.new())
            for id in [first, second] {
                try site.database.insertPurchase(
                    id, of: package, catalogVersion: 1, for: user.account, by: user.id,
                    isLive: false)
            }
            try site.database.note(problem: "paid 1 for an order of 2", of: first)
            func found(_ query: String) throws -> [String] {
                let answer = try site.get("/api/admin/purchases", query: query, as: administrator)
                #expect(answer.status == 200)
                return answer.items.compactMap { $0["id"]?.string }
            }
            #expect(try found("") == [second.description, first.description])
            #expect(try found("problem=1") == [first.description])
            #expect(try found("status=paid") == [])
            #expect(try found("account=\(user.account)&limit=1") == [second.description])
            #expect(try found("account=\(AccountID.new())") == [])
            try site.database.execute(
                """
                INSERT INTO disputes
                    (id, purchase_id, amount_micros, standing, created_at, changed_at)
                VALUES ('du_1', \(first), 1000000, 'open', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
            let one = try site.get("/api/admin/purchases/\(first)", as: administrator)
            #expect(one.json["disputes"]?.array?.compactMap { $0["id"]?.string } == ["du_1"])
            #expect(one.json["email"]?.string == user.email)
            #expect(one.json["problem"]?.string == "paid 1 for an order of 2")
        }
    }
}
