import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Web

@Suite struct `Export of one's data` {
    private func finish(_ site: TestSite, of user: TestUser) throws {
        try site.database.execute(
            """
            UPDATE exports
            SET made_at = UTC_TIMESTAMP(6), size_bytes = 9,
                expires_at = UTC_TIMESTAMP(6) + INTERVAL 7 DAY
            WHERE user_id = \(user.id) AND made_at IS NULL
            """)
    }

    private func path(_ answer: Answer) throws -> String {
        let url = try #require(answer.json["url"]?.string)
        #expect(url.hasPrefix(TestSite.origin))
        return String(url.dropFirst(TestSite.origin.count))
    }

    @Test func `it is ordered once, and is its owner's alone`() throws {
        try withSite { site in
            let (user, other) = (try site.makeUser(), try site.makeUser())
            #expect(try site.get("/api/me/export", as: user).json["status"]?.string == "none")
            for _ in 1...2 {
                let answer = try site.post("/api/me/export", as: user)
                #expect(answer.status == 202)
                #expect(answer.json["status"]?.string == "making")
                #expect(answer.json["url"] == nil)
            }
            #expect(
                try site.count("SELECT COUNT(*) AS count FROM exports WHERE user_id = \(user.id)")
                    == 1)
            try finish(site, of: user)
            let ready = try site.get("/api/me/export", as: user)
            #expect(ready.json["status"]?.string == "ready")
            let path = try path(ready)
            let file = try site.get(path, as: user)
            #expect(file.status == 200)
            #expect(file.fields[.contentDisposition]?.contains("rushes-data.zip") == true)
            #expect(file.fields.first { $0.name.canonicalName == "x-accel-redirect" } != nil)
            #expect(try site.get(path, as: other).status == 404)
            #expect(try site.get(path).status == 401)
            #expect(try site.get(String(path.dropLast()) + "x", as: user).status == 404)
        }
    }

    @Test func `within the hour the same is given, then another takes its place`() throws {
        try withSite { site in
            let user = try site.makeUser()
            _ = try site.post("/api/me/export", as: user)
            try finish(site, of: user)
            let first = try path(site.post("/api/me/export", as: user))
            try site.database.execute(
                "UPDATE exports SET made_at = made_at - INTERVAL 1 HOUR WHERE user_id = \(user.id)")
            #expect(
                try site.post("/api/me/export", as: user).json["status"]?.string == "making")
            #expect(try site.get(first, as: user).status == 404)
        }
    }

    @Test func `after seven days it is gone, and it is ordered by who was asked just now`() throws {
        try withSite { site in
            let user = try site.makeUser()
            _ = try site.post("/api/me/export", as: user)
            try finish(site, of: user)
            let path = try path(site.get("/api/me/export", as: user))
            try site.database.execute(
                "UPDATE exports SET expires_at = UTC_TIMESTAMP(6) WHERE user_id = \(user.id)")
            #expect(try site.get(path, as: user).status == 404)
            try site.database.execute(
                """
                UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE
                WHERE user_id = \(user.id)
                """)
            #expect(try site.post("/api/me/export", as: user).code == "CONFIRMATION_NEEDED")
        }
    }
}
