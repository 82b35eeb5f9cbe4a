import Domain
import HTTP
import JSON
import MariaDB
import Store
import Testing

@testable import Front

struct StatusTests {
    /// Two looks in a row that found the same: one alone is no incident.
    private func look(_ site: TestSite, _ name: String, isHealthy: Bool) throws {
        for _ in 1...2 {
            try site.database.setHealth(
                name, isHealthy: isHealthy, detail: "a secret of the vendor's")
        }
    }

    private func part(_ status: JSONValue, _ id: String) -> JSONValue? {
        status["parts"]?.array?.first { $0["id"]?.string == id }
    }

    @Test func `a part that fails is told with its time, and is an incident until it works`() throws
    {
        try withFreshSite { site in
            #expect(part(try site.get("/api/status").json, "videoService")?["state"] == "unknown")
            try look(site, "pollo_api", isHealthy: true)
            try look(site, "pollo_api", isHealthy: false)
            let failing = try site.get("/api/status")
            #expect(failing.status == 200)
            #expect(part(failing.json, "videoService")?["state"] == "failing")
            #expect(part(failing.json, "videoService")?["since"]?.string != nil)
            #expect(part(failing.json, "web")?["state"] == "ok")
            #expect(part(failing.json, "database")?["state"] == "ok")
            let open = try #require(failing.json["incidents"]?.array?.first)
            #expect(open["part"] == "videoService" && open["closedAt"]?.string == nil)
            #expect(!failing.text.contains("secret"))
            try look(site, "pollo_api", isHealthy: true)
            let over = try site.get("/api/status").json
            #expect(part(over, "videoService")?["state"] == "ok")
            #expect(over["incidents"]?.array?.count == 1)
            #expect(over["incidents"]?.array?.first?["closedAt"]?.string != nil)
        }
    }

    @Test func `one failure between two successes is no incident, nor is what is none of people's`()
        throws
    {
        try withFreshSite { site in
            try look(site, "stripe", isHealthy: true)
            try site.database.setHealth("stripe", isHealthy: false, detail: "")
            try look(site, "stripe", isHealthy: true)
            try look(site, "reconciliation", isHealthy: false)
            #expect(try site.get("/api/status").json["incidents"]?.array?.isEmpty == true)
        }
    }

    @Test func `a time in which no worker wrote is an incident of the whole shop`() throws {
        try withFreshSite { site in
            try look(site, "webhook_receiver", isHealthy: true)
            try site.database.noteSilence(since: "webhook_receiver", longerThan: .seconds(120))
            #expect(try site.database.incidents().isEmpty)
            try site.database.execute(
                "UPDATE health_checks SET checked_at = UTC_TIMESTAMP(6) - INTERVAL 130 SECOND")
            for _ in 1...2 {
                try site.database.noteSilence(since: "webhook_receiver", longerThan: .seconds(120))
            }
            let incidents = try site.get("/api/status").json["incidents"]?.array
            #expect(incidents?.count == 1 && incidents?.first?["part"] == "shop")
            try site.database.execute(
                """
                UPDATE incidents
                SET opened_at = opened_at - INTERVAL 91 DAY, closed_at = closed_at - INTERVAL 91 DAY
                """)
            #expect(try site.database.incidents().isEmpty)
        }
    }

    @Test func `the page has the same in words, and no markup of others`() throws {
        try withFreshSite { site in
            try look(site, "stripe", isHealthy: false)
            try site.database.execute("UPDATE tiers SET name = '<b>Pro & co</b>' WHERE id = 'pro'")
            try site.database.execute(
                """
                INSERT INTO render_times
                    (tier, duration_seconds, p50_seconds, p90_seconds, samples, measured_at)
                VALUES ('pro', 5, 97, 150, 9, UTC_TIMESTAMP(6))
                """)
            let page = try site.get("/api/status/page")
            #expect(page.response.contentType?.description == "text/html")
            #expect(page.text.contains("Does not work since 20"))
            #expect(page.text.contains("not over yet"))
            #expect(page.text.contains("half within 97 seconds"))
            #expect(
                page.text.contains("&lt;b&gt;Pro &amp; co&lt;/b&gt;") && !page.text.contains("<b>"))
        }
    }

    @Test func `it answers without a database, and says what it does not know`() throws {
        var nowhere = try DatabaseConfiguration(url: "mariadb://root@localhost/rushes")
        nowhere.socket = "/nonexistent/socket"
        let site = TestSite(Connection(nowhere))
        let status = try site.get("/api/status")
        #expect(status.status == 200)
        #expect(part(status.json, "database")?["state"] == "failing")
        #expect(status.json["isKnown"]?.bool == false)
        #expect(try site.get("/api/status/page").text.contains("This cannot be read now."))
    }
}

struct PriceTableTests {
    @Test func `a page without a script has the prices that are charged`() throws {
        try withFreshSite { site in
            let before = try site.get("/api/tiers/page").text
            for words in ["$1.55", "$3.72", "Your picture", "480p, 720p, 1080p", "$0.372"] {
                #expect(before.contains(words), "\(words)")
            }
            #expect(before.contains("Not measured this week"))
            try site.database.execute(
                "UPDATE tiers SET name = 'A <b>', price_per_second_micros = 410000 WHERE id = 'basic'"
            )
            try site.database.execute("UPDATE tiers SET is_enabled = FALSE WHERE id = 'premium'")
            let after = try TestSite(site.database).get("/api/tiers/page").text
            #expect(after.contains("$2.05") && !after.contains("$1.55"))
            #expect(after.contains("A &lt;b&gt;") && !after.contains("<b>"))
            #expect(!after.contains("Your picture"))
        }
    }

    @Test func `each pack has its price and what a dollar of its credit costs`() throws {
        try withFreshSite { site in
            let page = try site.get("/api/credits/packages/page").text
            for words in ["Starter", "$47.99", "$55.00", "$0.87", "$0.78"] {
                #expect(page.contains(words), "\(words)")
            }
        }
    }
}
