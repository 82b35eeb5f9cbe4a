import Addresses
import BooksSupport
import Curl
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Logging
import MariaDB
import Sodium
import Store
import Testing

@testable import Worker

/// What the operator is told, by mail and by webhook.
struct OperatorNewsTests {
    /// A shop whose operator has a folder for mail and a server for webhooks.
    private struct Desk {
        let db: Connection
        let server: HookServer
        let folder: String

        func tell(
            mail: String? = "ops@example.org", webhook: Bool = false, quiet: QuietHours? = nil,
            digest: Int? = nil, into other: String? = nil
        ) throws {
            try courier(mail: mail, webhook: webhook, quiet: quiet, digest: digest, into: other)
                .tellOperator()
        }

        func courier(
            mail: String? = nil, webhook: Bool = false, quiet: QuietHours? = nil,
            digest: Int? = nil, into other: String? = nil
        ) throws -> Courier {
            let exceptions = try [Origin(server.origin)]
            let sender = try #require(MailSender("Rushes <shop@example.org>"))
            return Courier(
                settings: CourierSettings(
                    appURL: "https://shop.example",
                    mail: MailSettings(route: .folder(other ?? folder), sender: sender),
                    operator: OperatorSettings(
                        mail: mail, webhook: webhook ? "\(server.origin)/hook" : nil,
                        quietHours: quiet, digestHour: digest),
                    creditPolicy: .test, exceptOrigins: exceptions,
                    links: LinkTokens(secret: Array(1...32), previous: nil)),
                database: db,
                curl: Curl(
                    CurlOptions(
                        userAgent: "Rushes/test", timeout: .seconds(10),
                        addressPolicy: .publicOnly(exceptOrigins: exceptions))),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, patience: .zero)
        }

        func mails() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).map { name in
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                    .replacing("=\r\n", with: "")
            }
        }

        func passLeases() throws {
            try db.execute(
                """
                UPDATE operator_notices
                SET lease_until = UTC_TIMESTAMP(6), digest_until = UTC_TIMESTAMP(6)
                """)
        }

        /// The hour that it is now.
        func hour() throws -> Int {
            try Int(db.databaseTime().timeIntervalSince1970 / 3600) % 24
        }
    }

    private func withDesk(
        _ answer: @escaping @Sendable (Int) -> String = { _ in "204 No Content\r\n" },
        _ body: (Desk) throws -> Void
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let folder = "/tmp/rushes-operator-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try body(Desk(db: db, server: HookServer(answer), folder: folder))
        }
    }

    @Test func `what needs a person is told in one mail, and not again`() throws {
        try withDesk { desk in
            try desk.tell()
            #expect(try desk.mails().isEmpty)
            try desk.db.setHealth("stripe", isHealthy: false, detail: "no\r\nBcc: x@y.de")
            try desk.tell()
            try desk.tell()
            let mail = try #require(try desk.mails().first)
            #expect(try desk.mails().count == 1)
            #expect(mail.contains("To: <ops@example.org>\r\n"))
            #expect(mail.contains("Subject: One thing needs a person\r\n"))
            #expect(mail.contains("- unhealthy stripe"))
            #expect(mail.contains("https://shop.example/admin/attention"))
            // Foreign text begins no line of its own.
            #expect(!mail.contains("\nBcc:"))
        }
    }

    @Test func `a mail that was not taken is tried again when its lease is over`() throws {
        try withDesk { desk in
            try desk.db.setHealth("stripe", isHealthy: false, detail: "no answer")
            try desk.tell(into: desk.folder + "/gone")
            try desk.tell()
            #expect(try desk.mails().isEmpty)
            try desk.passLeases()
            try desk.tell()
            #expect(try desk.mails().count == 1)
        }
    }

    @Test func `a webhook is told the same, in words that name no channel`() throws {
        try withDesk { desk in
            try desk.db.setHealth(
                "stripe", isHealthy: false, detail: "<!channel> & <https://x.de|y>")
            try desk.tell(mail: nil, webhook: true)
            try desk.tell(mail: nil, webhook: true)
            let hook = try #require(desk.server.hooks.first)
            #expect(desk.server.hooks.count == 1)
            #expect(hook.headers["content-type"] == "application/json")
            let text = try JSONValue(parsing: hook.body)["text"]?.string ?? ""
            #expect(text.hasPrefix("*One thing needs a person*\n"))
            #expect(text.contains("&lt;!channel&gt; &amp; &lt;https://x.de|y&gt;"))
            #expect(!text.contains("<"))
        }
    }

    @Test func `a try of the webhook is sent once, and what came of it is written down`() throws {
        @Sendable func answer(_ number: Int) -> String { number < 1 ? "200 OK\r\n" : "403 No\r\n" }
        try withDesk(answer) { desk in
            let courier = try desk.courier(webhook: true)
            try courier.testOperatorWebhook()
            #expect(desk.server.hooks.isEmpty)
            #expect(try desk.db.webhookTest() == nil)
            _ = try desk.db.askForWebhookTest()
            #expect(try desk.db.webhookTest()?.doneAt == nil)
            for _ in 1...2 { try courier.testOperatorWebhook() }
            #expect(desk.server.hooks.count == 1)
            var test = try #require(try desk.db.webhookTest())
            #expect(test.status == 200 && test.problem == nil && test.doneAt != nil)
            #expect(test.milliseconds.map { (0...10_000).contains($0) } == true)
            let hook = try #require(desk.server.hooks.first)
            let text = try JSONValue(parsing: hook.body)["text"]?.string ?? ""
            #expect(text.hasPrefix("*The webhook of your shop is taken*\n"))

            _ = try desk.db.askForWebhookTest()
            try courier.testOperatorWebhook()
            test = try #require(try desk.db.webhookTest())
            #expect(test.status == 403 && test.problem == "the answer was 403")
            _ = try desk.db.askForWebhookTest()
            try desk.courier().testOperatorWebhook()
            test = try #require(try desk.db.webhookTest())
            #expect(test.status == nil && test.problem?.contains("is not set") == true)
            #expect(desk.server.hooks.count == 2)
        }
    }

    @Test func `a webhook that refuses is tried again, and holds no mail back`() throws {
        @Sendable func answer(_ number: Int) -> String { number < 2 ? "500 No\r\n" : "200 OK\r\n" }
        try withDesk(answer) { desk in
            try desk.db.setHealth("stripe", isHealthy: false, detail: "no answer")
            try desk.tell(mail: nil, webhook: true)
            try desk.passLeases()
            try desk.tell(webhook: true)
            #expect(try desk.mails().count == 1)
            try desk.passLeases()
            try desk.tell(webhook: true)
            // Who took it knows.
            #expect(try desk.mails().count == 1)
            #expect(desk.server.hooks.count == 2)
        }
    }

    @Test func `nobody is told in quiet hours, and of all of it after them`() throws {
        try withDesk { desk in
            try desk.db.setHealth("stripe", isHealthy: false, detail: "no answer")
            let hour = try desk.hour()
            let quiet = try #require(QuietHours(from: hour, to: (hour + 2) % 24))
            try desk.tell(quiet: quiet, digest: 0)
            #expect(try desk.mails().isEmpty)
            let over = try #require(QuietHours(from: (hour + 2) % 24, to: hour))
            try desk.tell(quiet: over)
            #expect(try desk.mails().count == 1)
        }
    }

    @Test func `hours are quiet from the first on, over midnight too`() throws {
        func hours(_ from: Int, _ to: Int) throws -> [Int] {
            let quiet = try #require(QuietHours(from: from, to: to))
            return (0..<24).filter(quiet.contains)
        }
        #expect(try hours(22, 2) == [0, 1, 22, 23])
        #expect(try hours(1, 4) == [1, 2, 3])
        #expect(try hours(5, 5) == [])
        for (from, to) in [(24, 1), (-1, 2), (3, 24)] {
            #expect(QuietHours(from: from, to: to) == nil)
        }
    }

    @Test func `each day is told once of the day before`() throws {
        try withDesk { desk in
            try desk.db.execute("SET timestamp = UNIX_TIMESTAMP() - 86400")
            _ = try desk.db.insertCustomer()
            try desk.db.execute("SET timestamp = DEFAULT")
            while try desk.db.countFigures() {}
            let yesterday = DayRange(last: 1, at: try desk.db.databaseTime()).before
            let figures = try desk.db.figures(of: yesterday)
            try desk.tell(digest: nil)
            #expect(try desk.mails().isEmpty)
            try desk.tell(digest: 0, into: desk.folder + "/gone")
            try desk.tell(digest: 0)
            #expect(try desk.mails().isEmpty)
            try desk.passLeases()
            try desk.tell(digest: 0)
            try desk.passLeases()
            try desk.tell(digest: 0)
            let mail = try #require(try desk.mails().first)
            #expect(try desk.mails().count == 1)
            #expect(mail.contains("\r\nNew customers     \(figures.shop.signups) ("))
            #expect(mail.contains("\r\nPaid              \(figures.shop.paid) ("))
            #expect(figures.shop.paid > .zero)
            #expect(mail.contains("Need a person now: 0"))
            try desk.db.execute(
                "UPDATE operator_notices SET digest_on = digest_on - INTERVAL 1 DAY")
            try desk.tell(digest: 0)
            #expect(try desk.mails().count == 2)
        }
    }

    @Test func `nothing is told before its hour`() throws {
        try withDesk { desk in
            // Noon of today, by this session's clock.
            try desk.db.execute(
                "SET timestamp = FLOOR(UNIX_TIMESTAMP() / 86400) * 86400 + 12 * 3600")
            #expect(try desk.hour() == 12)
            try desk.tell(digest: 13)
            #expect(try desk.mails().isEmpty)
            try desk.tell(digest: 12)
            #expect(try desk.mails().count == 1)
        }
    }
}
