import Domain
import FoundationEssentials
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Console
@testable import Web

/// The first page of the console, and its tables for a spreadsheet.
@Suite struct `Overview answers` {
    private static let path = "/api/admin/overview"

    /// A shop that gave credit, and has one video in the queue.
    private func withShop(_ body: (TestSite, TestUser) throws -> Void) throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 9.dollars)
            _ = try site.makeVideo(for: user)
            while try site.database.countFigures() {}
            try site.database.countOpenCredit()
            try body(site, administrator)
        }
    }

    @Test func `it has each day of the range, and as many days before`() throws {
        try withShop { site, administrator in
            for (query, count) in [("days=1", 1), ("days=7", 7), ("", 30), ("days=90", 90)] {
                let answer = try site.get(Self.path, query: query, as: administrator)
                #expect(answer.status == 200)
                #expect(answer.json["days"]?.array?.count == count)
                #expect(answer.json["current"]?["given"].flatMap { Money($0) } == 9.dollars)
                #expect(answer.json["previous"]?["given"].flatMap { Money($0) } == .zero)
                #expect(answer.json["current"]?["open"].flatMap { Money($0) } == 9.dollars)
                #expect(answer.json["previous"]?["open"].flatMap { Money($0) } == .zero)
            }
            let past = try site.get(
                Self.path, query: "from=2020-02-28&to=2020-03-02", as: administrator)
            #expect(
                past.json["days"]?.array?.compactMap { $0["day"]?.string }
                    == ["2020-02-28", "2020-02-29", "2020-03-01"])
            let queue = past.json["queue"]?.array ?? []
            #expect(queue.map { $0["state"]?.string } == ["queued"])
            #expect(past.json["vendor"]?["balance"] == .null)
            try site.database.noteVendorBalance(60.dollars)
            let noted = try site.get(Self.path, as: administrator)
            #expect(noted.json["vendor"]?["balance"].flatMap { Money($0) } == 60.dollars)
            #expect(noted.json["vendor"]?["runwayDays"] == .null)
        }
    }

    @Test func `the vendor's balance lasts as long as at the rate of the last seven days`() throws {
        try withShop { site, administrator in
            try site.database.noteVendorBalance(60.dollars)
            try site.database.execute(
                """
                INSERT INTO daily_figures (day, tier, cost_micros, lost_micros, counted_at)
                VALUES (UTC_DATE() - INTERVAL 1 DAY, 'basic', 13000000, 1000000, UTC_TIMESTAMP(6)),
                    (UTC_DATE() - INTERVAL 8 DAY, 'basic', 99000000, 0, UTC_TIMESTAMP(6)),
                    (UTC_DATE(), 'basic', 99000000, 0, UTC_TIMESTAMP(6))
                """)
            let answer = try site.get(Self.path, as: administrator)
            #expect(answer.json["vendor"]?["runwayDays"] == .integer(30))
            #expect(answer.json["vendor"]?["costPerDay"].flatMap { Money($0) } == 2.dollars)
        }
    }

    @Test(arguments: [
        "days=2", "from=2026-01-01", "to=2026-01-01", "from=2026-01-02&to=2026-01-02",
        "from=2026-01-02&to=2026-01-01", "from=2024-01-01&to=2026-01-01", "from=soon&to=2026-01-01",
        "from=2026-01-01T01:00:00Z&to=2026-01-02", "days=7&from=2026-01-01&to=2026-01-02",
    ])
    func `what is no range is refused`(query: String) throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            for path in [Self.path, "\(Self.path)/days.csv", "\(Self.path)/tiers.csv"] {
                let answer = try site.get(path, query: query, as: administrator)
                #expect(answer.status == 400)
                #expect(answer.code == "INVALID_INPUT")
                #expect(!answer.refused.isEmpty)
            }
        }
    }

    @Test func `its tables have a line for each day and tier`() throws {
        try withShop { site, administrator in
            try site.database.execute(
                """
                INSERT INTO daily_figures (day, tier, videos, spent_micros, cost_micros, counted_at)
                VALUES (UTC_DATE(), '=1+1', 2, 1500001, 2000000, UTC_TIMESTAMP(6))
                """)
            let days = try site.get("\(Self.path)/days.csv", query: "days=7", as: administrator)
            let lines = days.text.split(separator: "\r\n")
            #expect(lines.count == 8)
            #expect(lines[0].hasPrefix("day,videos,failures,refusals,cancellations,seconds,spent"))
            #expect(days.fields[.contentDisposition]?.hasPrefix("attachment; filename=") == true)
            let tiers = try site.get("\(Self.path)/tiers.csv", query: "days=7", as: administrator)
            #expect(
                tiers.text.split(separator: "\r\n").last
                    == "'=1+1,2,0,0,0,0,1.500001,0,0,2,0,-0.499999,,")
        }
    }

    @Test func `it is the operator's alone`() throws {
        try withFreshSite { site in
            let user = try site.makeUser()
            for path in [Self.path, "\(Self.path)/days.csv", "\(Self.path)/tiers.csv"] {
                #expect(try site.get(path, as: user).status == 404)
                #expect(try site.get(path).status == 401)
            }
        }
    }
}
