import Domain
import HTTP
import HTTPTypes
import Store
import Testing

@testable import API
@testable import Console
@testable import Web

/// What is called by somebody at the command line, who has the shop's keys.
struct CommandLineTests {
    private func request(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "{}", key: String? = nil
    ) -> Request {
        let keys = key.map { [(Header.idempotencyKey, $0)] } ?? []
        return Request(
            method: method, path: path, id: "command-line",
            source: TestSource(
                [("CONTENT_TYPE", "application/json")] + keys, body: Array(body.utf8)))
    }

    @Test func `they may call each route of the operator's, also where codes are asked for`() throws
    {
        try withSite { site in
            let strict = TestSite(site.database, operatorsNeedCodes: true).site
            for operation in Console.routes.map(\.operation) {
                let path = operation.pattern.replacing(":id", with: VideoID.new().description)
                let answer = strict.respond(
                    to: request(operation.method, path, key: "key-\(UserID.new())"), from: "ann")
                // A person has the credit, the address or the tries that these are about.
                let isPersonal = [
                    "showHealth", "sendTestMail", "sendTestWebhook", "tryTier",
                ].contains(operation.id)
                #expect(answer.status != .unauthorized, "\(operation.id)")
                #expect(isPersonal || answer.status != .forbidden, "\(operation.id)")
            }
        }
    }

    @Test func `an act is theirs in the log, once for its key`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let path = "/api/admin/users/\(user.id)/notes"
            for _ in 1...2 {
                let answer = site.site.respond(
                    to: request(.post, path, #"{"reason":"seen by phone"}"#, key: "k-\(user.id)"),
                    from: "ann as root")
                #expect(answer.status == .noContent)
            }
            let notes = try site.database.notes(about: user.id)
            #expect(notes.map(\.systemUser) == ["ann as root"])
            #expect(notes.map(\.actorID) == [nil])
        }
    }

    @Test func `to what is nobody's but a customer's they are nobody`() throws {
        try withSite { site in
            for path in ["/api/me", "/api/videos", "/api/credits/balance"] {
                let answer = site.site.respond(to: request(.get, path), from: "ann")
                #expect(answer.status == .unauthorized, "\(path)")
            }
            // And without the word of the process nobody is an operator.
            let answer = site.site.respond(to: request(.get, "/api/admin/users"))
            #expect(answer.status == .unauthorized)
        }
    }
}
