import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import Store
import Testing

@testable import Web

/// A statement whose sorted or grouped rows hold long texts makes the server write a file and delete
/// it, which costs more than all the rest of a request.
struct TemporaryTableTests {
    private func tablesOnDisk(_ db: Connection) throws -> Int {
        try db.first(
            """
            SELECT CAST(variable_value AS UNSIGNED) AS count
            FROM information_schema.session_status
            WHERE variable_name = 'CREATED_TMP_DISK_TABLES'
            """
        ) { try $0("count") as Int } ?? 0
    }

    @Test func `what people and operators ask for makes no table on disk`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            // A list of one row is planned as none would be.
            for _ in 1...2 { _ = try site.makeVideo(for: user) }
            // Asking is counted too.
            let asking = try -tablesOnDisk(site.database) + tablesOnDisk(site.database)
            func expectNone(_ what: String, _ request: () throws -> Answer) throws {
                let before = try tablesOnDisk(site.database)
                let answer = try request()
                #expect((200..<300).contains(answer.status), "\(what): \(answer.status)")
                let made = try tablesOnDisk(site.database) - before - asking
                #expect(made == 0, "\(what) made \(made) on disk")
            }
            for path in [
                "/api/me", "/api/videos", "/api/videos/\(video)", "/api/videos/\(video)/status",
                "/api/videos/\(video)/stages", "/api/videos/\(video)/file",
                "/api/credits/balance", "/api/credits/transactions", "/api/credits/purchases",
                "/api/tiers", "/api/credits/packages", "/api/uploads", "/api/sessions",
                "/api/webhooks/endpoints", "/api/me/second-factor",
            ] {
                try expectNone(path) { try site.get(path, as: user) }
            }
            let administrator = try site.makeAdministrator()
            for path in [
                "attention", "users", "users/\(user.id)", "purchases", "videos", "videos/\(video)",
                "catalog", "health", "audit", "announcements",
            ] {
                try expectNone(path) { try site.get("/api/admin/\(path)", as: administrator) }
            }
            for query in ["q=boat", "status=pending&tier=economy", "limit=100"] {
                try expectNone(query) { try site.get("/api/videos", query: query, as: user) }
            }
            try expectNone("a price") {
                try site.post("/api/videos/quote", #"{"tier": "economy", "duration": 5}"#, as: user)
            }
            try expectNone("an order") {
                try site.post(
                    "/api/videos/generate",
                    #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"}"#,
                    as: user)
            }
        }
    }
}
