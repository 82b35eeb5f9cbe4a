import Domain
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Web

struct AdministrationTests {
    private let reads = ["/api/admin/attention", "/api/admin/audit"]

    private func makeAdministrator(_ site: TestSite) throws -> TestUser {
        let user = try site.makeUser()
        try site.database.execute("UPDATE users SET role = 'admin' WHERE id = \(user.id)")
        return user
    }

    @Test func `to everyone else the routes do not exist`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let administrator = try makeAdministrator(site)
            var count = 0
            for route in routes where route.pattern.hasPrefix("/api/admin/") {
                count += 1
                let path = route.pattern.replacing(":id", with: VideoID.new().description)
                let headers = TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")]
                let answer = try site.send(route.method, path, headers, body: Array("{}".utf8))
                #expect(answer.status == 404)
                #expect(try site.send(route.method, path).status == 401)
            }
            #expect(count >= 5)
            for path in reads { #expect(try site.get(path, as: administrator).status == 200) }
        }
    }

    @Test func `every act needs a reason`() throws {
        try withSite { site in
            let administrator = try makeAdministrator(site)
            let id = VideoID.new()
            let long = String(repeating: "e\u{301}", count: 400)
            for path in ["/api/admin/purchases/\(id)/refund", "/api/admin/videos/\(id)/resolution"]
            {
                for reason in [
                    "null", "\"\"", "\"  \"", "\"ab\"", "5", #""a\u0000bc""#, "\"\(long)\"",
                ] {
                    let answer = try site.post(path, #"{"reason": \#(reason)}"#, as: administrator)
                    #expect(answer.status == 400)
                    #expect(answer.refused == ["reason"])
                }
                let unknown = try site.post(path, #"{"reason": "a test"}"#, as: administrator)
                #expect(unknown.status == 404)
            }
        }
    }

    @Test(arguments: ["0", "-1", "4.505", "1e12", #""4.50""#, "1000001", "true"])
    func `an amount of money that is none is refused`(amount: String) throws {
        try withSite { site in
            let administrator = try makeAdministrator(site)
            let answer = try site.post(
                "/api/admin/purchases/\(PurchaseID.new())/refund",
                #"{"reason": "a test", "amount": \#(amount)}"#, as: administrator)
            #expect(answer.status == 400)
            #expect(answer.refused == ["amount"])
        }
    }

    @Test func `an uncertain video is resolved once, and that is written down`() throws {
        try withFreshSite { site in
            let administrator = try makeAdministrator(site)
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let path = "/api/admin/videos/\(video)/resolution"
            let early = try site.post(path, #"{"reason": "a test"}"#, as: administrator)
            #expect(early.status == 409)
            try site.database.execute(
                "UPDATE video_jobs SET state = 'submit_unknown' WHERE id = \(video)")
            let accents = String(repeating: "e\u{301}", count: 200)
            for task in ["\"\"", "5", "\"\(accents)\""] {
                let answer = try site.post(
                    path, #"{"reason": "a test", "taskId": \#(task)}"#, as: administrator)
                #expect(answer.status == 400)
            }
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 204)
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(5))
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 409)
            let lines = try site.get("/api/admin/audit", as: administrator)
            #expect(lines.items.compactMap { $0["reason"]?.string } == ["a test"])
            #expect(lines.items.first?["actorId"]?.string == administrator.id.description)
        }
    }
}
