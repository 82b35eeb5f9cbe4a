import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import MariaDB
import Store
import Testing

@testable import Web

struct CreditsTests {
    private let path = "/api/credits/transactions"

    private func types(_ answer: Answer) -> [String] {
        answer.items.compactMap { $0["type"]?.string }
    }

    @Test func `the ledger is narrowed by kind and by time, page by page`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            for _ in 0..<3 { _ = try site.makeVideo(for: user) }
            #expect(
                try types(site.get(path, as: user)) == ["charge", "charge", "charge", "grant"])
            #expect(try types(site.get(path, query: "type=grant", as: user)) == ["grant"])
            let first = try site.get(path, query: "type=charge&limit=2", as: user)
            #expect(types(first) == ["charge", "charge"])
            let cursor = try #require(first.json["nextCursor"]?.string)
            let second = try site.get(
                path, query: "type=charge&limit=2&cursor=\(cursor)", as: user)
            #expect(types(second) == ["charge"])
            #expect(second.json["nextCursor"] == .null)

            try site.database.execute(
                """
                UPDATE transactions SET created_at = created_at - INTERVAL 1 HOUR
                WHERE account_id = \(user.account) AND type = 'grant'
                """)
            let halfAnHourAgo = (Date() - 1800).iso8601
            #expect(
                try types(site.get(path, query: "to=\(halfAnHourAgo)", as: user)) == ["grant"])
            #expect(
                try types(site.get(path, query: "from=\(halfAnHourAgo)", as: user))
                    == ["charge", "charge", "charge"])
            #expect(try types(site.get(path, query: "from=2999-01-01", as: user)) == [])
        }
    }

    @Test(arguments: ["", ".csv"])
    func `all that is wrong with a filter is told at once`(suffix: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.get(
                path + suffix, query: "type=gift&from=yesterday&to=2026-13-01", as: user)
            #expect(answer.status == 400)
            #expect(answer.refused.sorted() == ["from", "to", "type"])
            #expect(try site.get(path + suffix).status == 401)
        }
    }

    @Test func `the table has what the list has, and no other account's`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            _ = try site.makeVideo(for: user)
            _ = try site.makeVideo(for: site.makeUser(credit: 5.dollars))
            let answer = try site.get(path + ".csv", as: user)
            #expect(answer.status == 200)
            #expect(answer.response.contentType?.description == "text/csv")
            #expect(answer.fields[.contentDisposition]?.hasPrefix("attachment") == true)
            let rows = answer.text.split(separator: "\r\n")
            #expect(rows.count == 3)
            #expect(
                rows[0]
                    == "id,type,amount,balanceAfter,description,jobId,purchaseId,createdAt")
            let line = try #require(try site.get(path, as: user).items.first)
            let id = try #require(line["id"]?.string)
            let job = try #require(line["jobId"]?.string)
            #expect(rows[1].hasPrefix("\(id),charge,-1,19,\"Economy video, 5 s\",\(job),,"))
            #expect(
                try site.get(path + ".csv", query: "type=grant", as: user).text.contains("grant"))
            #expect(
                try !site.get(path + ".csv", query: "type=grant", as: user).text.contains("charge"))
        }
    }

    @Test func `pending payments are listed with their page until they end`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
            let id = try #require(answer.json["purchaseId"]?.string)
            let list = "/api/credits/purchases"
            let pending = try site.get(list, query: "status=pending", as: user)
            #expect(pending.items.map { $0["id"]?.string } == [id])
            #expect(pending.items.first?["url"] == answer.json["url"])
            try site.database.execute(
                "UPDATE purchases SET state = 'expired' WHERE account_id = \(user.account)")
            #expect(try site.get(list, query: "status=pending", as: user).items.isEmpty)
            #expect(try site.get(list, as: user).items.count == 1)
            #expect(try site.get(list, as: site.makeUser()).items.isEmpty)
            #expect(try site.get(list, query: "status=paying", as: user).refused == ["status"])
        }
    }
}
