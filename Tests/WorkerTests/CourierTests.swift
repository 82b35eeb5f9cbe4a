import Addresses
import BooksSupport
import Curl
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import Logging
import MariaDB
import Sodium
import Store
import System
import Testing
import Texts

@testable import Worker

private let secret = Array(UInt8(1)...32)
private let oldSecret = Array(UInt8(101)...132)

/// An account with one job, and what is sent because it ended.
private struct Post {
    let configuration: DatabaseConfiguration
    let db: Connection
    let account: AccountID

    init(_ configuration: DatabaseConfiguration) throws {
        self.configuration = configuration
        db = Connection(configuration)
        try db.setMail(isOn: true)
        account = try db.insertAccount(credit: .dollars(20))
    }

    /// Adds an endpoint whose address may be one that is refused, as an older row.
    @discardableResult
    func addEndpoint(_ url: String) throws -> WebhookEndpointID {
        let id = WebhookEndpointID.new()
        let draft = try WebhookEndpointDraft(
            FieldReader(["url": .string("https://hook.example.org/")]), exceptOrigins: [])
        try db.insertWebhookEndpoint(id, draft, secret: secret, of: account)
        try db.execute("UPDATE webhook_endpoints SET url = \(url) WHERE id = \(id)")
        return id
    }

    @discardableResult
    func endJob(_ state: VideoState = .delivered, webhookURL: String? = nil) throws -> VideoID {
        let job = try db.insertJob(of: account)
        try db.execute("UPDATE video_jobs SET webhook_url = \(webhookURL) WHERE id = \(job)")
        try db.advanceJob(to: state, task: "task-\(job)")
        try db.makeMailDue()
        return job
    }

    func courier(
        exceptOrigins: [String] = [], mail: MailRoute? = nil,
        operator: OperatorSettings = OperatorSettings(),
        through other: Connection? = nil, patience: Duration = .zero
    ) throws -> Courier {
        let sender = try #require(MailSender("Rushes <shop@example.org>"))
        let exceptions = try exceptOrigins.map { text in try Origin(text) }
        return Courier(
            settings: CourierSettings(
                appURL: "https://shop.example",
                mail: mail.map { MailSettings(route: $0, sender: sender) },
                operator: `operator`, creditPolicy: .test, exceptOrigins: exceptions,
                links: LinkTokens(secret: secret, previous: oldSecret)),
            database: other ?? Connection(configuration),
            curl: Curl(
                CurlOptions(
                    userAgent: "Rushes/test", timeout: .seconds(10),
                    addressPolicy: .publicOnly(exceptOrigins: exceptions))),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, patience: patience)
    }

    func deliveries(_ endpoint: WebhookEndpointID) throws -> [WebhookDelivery] {
        try db.webhookDeliveries(
            from: .endpoint(endpoint), of: account, before: nil, limit: 10)
    }

    /// The pause before the next try is over.
    func makeDue() throws {
        try db.execute(
            """
            UPDATE outbox SET next_attempt_at = UTC_TIMESTAMP(6)
            WHERE next_attempt_at IS NOT NULL
            """)
        try db.execute("UPDATE webhook_endpoints SET open_until = NULL")
    }

    /// The lease of a sender that died is over.
    func passLeases() throws {
        try db.execute(
            """
            UPDATE outbox SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE lease_until IS NOT NULL
            """)
    }
}

private func withPost(_ body: (Post) throws -> Void) throws {
    try withFreshDatabase { try body(Post($0)) }
}

/// What OpenSSL computes for the hook's signature under the key.
private func opensslSignature(_ hook: HookServer.Hook, key: [UInt8]) throws -> String {
    let path = "/tmp/rushes-hook-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let signed = Array("\(hook.id).\(hook.headers["webhook-timestamp"] ?? "").".utf8) + hook.body
    try Data(signed).write(to: URL(filePath: path))
    let hex = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let result = try Command.run(
        "openssl",
        ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hex)", "-binary", path],
        timeout: .seconds(20), outputLimit: 1000)
    return "v1,\(Data(result.output).base64EncodedString())"
}

@Suite struct `Outgoing webhooks` {
    @Test func `a delivered video is told, signed so that others can verify it`() throws {
        try withPost { post in
            let server = try HookServer()
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            let job = try post.endJob()
            let courier = try post.courier(exceptOrigins: [server.origin])
            #expect(try courier.sendNextWebhook())
            #expect(try !courier.sendNextWebhook())

            let hook = try #require(server.hooks.first)
            #expect(hook.headers["webhook-signature"] == (try opensslSignature(hook, key: secret)))
            #expect(hook.headers["content-type"] == "application/json")
            let timestamp = try #require(Double(hook.headers["webhook-timestamp"] ?? ""))
            #expect(abs(timestamp - Date().timeIntervalSince1970) < 60)
            let json = try JSONValue(parsing: hook.body)
            #expect(json["type"] == .string("video.completed"))
            #expect(json["data"]?["jobId"] == .string("\(job)"))
            #expect(json["data"]?["status"] == .string("completed"))
            #expect(
                json["data"]?["videoUrl"]
                    == .string("https://shop.example/api/videos/\(job)/file"))
            #expect(json["timestamp"] == json["data"]?["completedAt"])
            let token = try post.db.job(job).callbackToken
            #expect(!hook.text.contains(token))

            let delivery = try #require(try post.deliveries(endpoint).first)
            #expect(delivery.state == .delivered)
            #expect(delivery.attempts.map(\.statusCode) == [204])
            #expect(hook.id == "msg_\(delivery.id)")
        }
    }

    @Test func `a failed video and a low balance are told with what matters`() throws {
        try withPost { post in
            let server = try HookServer()
            try post.addEndpoint("\(server.origin)/hook")
            try post.endJob(.refunded)
            let order = try post.db.order("economy", seconds: 10, count: 4)
            try post.db.accept(order, from: post.account)
            try post.db.accept(post.db.order("economy", seconds: 10, count: 4), from: post.account)
            let courier = try post.courier(exceptOrigins: [server.origin])
            while try courier.sendNextWebhook() {}
            let events = try server.hooks.map { try JSONValue(parsing: $0.body) }
            #expect(events.map { $0["type"]?.string } == ["video.failed", "credits.low"])
            #expect(events[0]["data"]?["error"]?["code"] == .string("GENERATION_FAILED"))
            #expect(events[1]["data"]?["available"] == .integer(4))
            #expect(events[1]["data"]?["threshold"] == .integer(5))
        }
    }

    @Test func `an answer of 500 is tried again under the same id, with a new time`() throws {
        try withPost { post in
            let server = try HookServer { $0 == 0 ? "500 No\r\n" : "200 OK\r\n" }
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            let courier = try post.courier(exceptOrigins: [server.origin])
            #expect(try courier.sendNextWebhook())
            #expect(try !courier.sendNextWebhook())  // not before its pause is over
            let waiting = try #require(try post.deliveries(endpoint).first)
            #expect(waiting.state == .pending)
            let pause = try #require(waiting.nextAttemptAt?.timeIntervalSinceNow)
            #expect((-30...6).contains(pause))
            try post.makeDue()
            #expect(try courier.sendNextWebhook())
            #expect(server.hooks.map(\.id) == [waiting.id, waiting.id].map { "msg_\($0)" })
            #expect(server.hooks[0].body == server.hooks[1].body)
            let delivery = try #require(try post.deliveries(endpoint).first)
            #expect(delivery.attempts.map(\.statusCode) == [500, 200])
            #expect(delivery.attempts.map(\.problem) == ["The answer was 500.", nil])
            #expect(delivery.state == .delivered)
        }
    }

    @Test func `after nine failures it is given up, and can be sent again by hand`() throws {
        try withPost { post in
            let server = try HookServer { $0 < 9 ? "503 No\r\n" : "200 OK\r\n" }
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            let courier = try post.courier(exceptOrigins: [server.origin])
            for _ in 0..<9 {
                #expect(try courier.sendNextWebhook())
                try post.makeDue()
            }
            #expect(try !courier.sendNextWebhook())
            let failed = try #require(try post.deliveries(endpoint).first)
            #expect(failed.state == .failed)
            try post.db.resendWebhook(failed.id, from: .endpoint(endpoint), of: post.account)
            #expect(try courier.sendNextWebhook())
            let delivery = try #require(try post.deliveries(endpoint).first)
            #expect(delivery.state == .delivered)
            #expect(delivery.attempts.map(\.number) == Array(1...10))
            #expect(Set(server.hooks.map(\.id)).count == 1)
            #expect(throws: RateLimited.self) {
                try post.db.resendWebhook(failed.id, from: .endpoint(endpoint), of: post.account)
            }
        }
    }

    @Test func `a redirect is a failure and is not followed`() throws {
        try withPost { post in
            let other = try HookServer()
            let target = other.origin
            let server = try HookServer { _ in "302 Found\r\nLocation: \(target)/\r\n" }
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            let courier = try post.courier(exceptOrigins: [server.origin, other.origin])
            #expect(try courier.sendNextWebhook())
            #expect(try post.deliveries(endpoint).first?.attempts.first?.statusCode == 302)
            #expect(try post.deliveries(endpoint).first?.state == .pending)
            #expect(other.connections == 0)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", AddressProblem.notPublic), ("localhost", .notPublic),
        ("[::ffff:127.0.0.1]", .notPublic), ("0x7f000001", .host), ("127.1", .host),
    ])
    func `an address is judged again when it is sent to`(
        host: String, problem: AddressProblem
    ) throws {
        try withPost { post in
            let server = try HookServer()
            let endpoint = try post.addEndpoint("https://\(host):\(server.port)/hook")
            try post.endJob()
            #expect(try post.courier().sendNextWebhook())
            let attempt = try #require(try post.deliveries(endpoint).first?.attempts.first)
            #expect(attempt.statusCode == nil)
            #expect(attempt.problem == problem.phrase.text())
            #expect(server.connections == 0)
        }
    }

    @Test func `an address without HTTPS is not called unless it is excepted`() throws {
        try withPost { post in
            let server = try HookServer()
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            #expect(try post.courier(exceptOrigins: ["http://127.0.0.1:9"]).sendNextWebhook())
            #expect(try post.deliveries(endpoint).first?.attempts.first?.problem != nil)
            #expect(server.connections == 0)
        }
    }

    @Test func `a sender that dies between sending and writing it down sends again, by one id`()
        throws
    {
        try withPost { post in
            let server = try HookServer()
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            let proxy = try CuttingProxy(before: post.configuration)
            let dying = try post.courier(
                exceptOrigins: [server.origin],
                through: Connection(proxy.configuration(post.configuration), pause: { _ in }))
            proxy.arm(.beforeForwarding, at: "INSERT INTO webhook_attempts", count: 100)
            #expect(throws: DatabaseError.self) { try dying.sendNextWebhook() }
            #expect(server.hooks.count == 1)

            let next = try post.courier(exceptOrigins: [server.origin])
            #expect(try !next.sendNextWebhook())  // while the lease runs
            try post.passLeases()
            #expect(try next.sendNextWebhook())
            #expect(server.hooks.count == 2)
            #expect(server.hooks[0].id == server.hooks[1].id)
            let delivery = try #require(try post.deliveries(endpoint).first)
            #expect(delivery.state == .delivered)
            #expect(delivery.attempts.map(\.number) == [2])
        }
    }

    @Test func `a sender that slept through its lease writes nothing over the one who took over`()
        throws
    {
        try withPost { post in
            let configuration = post.configuration
            // While the first waits for its answer, its lease runs out and another has sent it.
            let server = try HookServer { number in
                guard number == 0 else { return "200 OK\r\n" }
                let db = Connection(configuration)
                let taken = Result {
                    try db.execute("UPDATE outbox SET lease_until = UTC_TIMESTAMP(6)")
                    try db.claimWebhook(lasting: .seconds(60)).map { try db.noteSent($0.claim) }
                }
                if case .failure = taken { return "200 OK\r\n" }
                return "500 No\r\n"
            }
            let endpoint = try post.addEndpoint("\(server.origin)/hook")
            try post.endJob()
            #expect(try post.courier(exceptOrigins: [server.origin]).sendNextWebhook())
            let delivery = try #require(try post.deliveries(endpoint).first)
            #expect(delivery.state == .delivered)
            #expect(delivery.attempts.isEmpty)
        }
    }

    @Test func `the address that an order names is signed with the user's own secret`() throws {
        try withPost { post in
            let server = try HookServer()
            try post.endJob(webhookURL: "\(server.origin)/own")
            try post.endJob(.refunded, webhookURL: "\(server.origin)/own")
            let courier = try post.courier(exceptOrigins: [server.origin])
            while try courier.sendNextWebhook() {}
            let made = try post.db.keepWebhookSecret(of: post.account, orElse: secret)
            #expect(made != secret)
            #expect(server.hooks.count == 2)
            for hook in server.hooks {
                #expect(
                    hook.headers["webhook-signature"] == (try opensslSignature(hook, key: made)))
            }
            let deliveries = try post.db.webhookDeliveries(
                from: .orders, of: post.account, before: nil, limit: 10)
            #expect(deliveries.map(\.type) == ["video.failed", "video.completed"])
        }
    }
}

@Suite struct `Mail of the outbox` {
    private func withFolder(_ body: (Post, String) throws -> Void) throws {
        try withPost { post in
            let folder = "/tmp/rushes-mail-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try body(post, folder)
        }
    }

    private func mails(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                .replacing("=\r\n", with: "").replacing("\r\n", with: "\n")
        }
    }

    @Test func `each kind says what happened, with links to the shop alone`() throws {
        try withFolder { post, folder in
            let job = try post.endJob()
            try post.endJob(.refunded)
            let order = try post.db.insertPurchase("pro", of: post.account)
            let facts = PaymentFacts(
                sessionID: order.sessionID ?? "", progress: .paid, isPaymentMode: true,
                subtotal: order.price, total: order.price, currency: "usd", isLive: false,
                reference: "\(order.id)", paymentIntent: "pi_1")
            _ = try post.db.apply(facts, to: order.id, policy: .test)
            let courier = try post.courier(mail: .folder(folder))
            while try courier.sendNextMail() {}
            let mails = try mails(in: folder)
            #expect(mails.count == 3)
            let ready = try #require(mails.first { $0.contains("Subject: Your video is ready\n") })
            #expect(ready.contains("To: <\(try post.db.address(ofOwnerOf: post.account))>\n"))
            #expect(ready.contains("From: Rushes <shop@example.org>\n"))
            #expect(ready.contains("A fox runs through fresh snow"))
            #expect(ready.contains("https://shop.example/videos/\(job)\n"))
            let failed = try #require(mails.first { $0.contains("could not be made\n") })
            #expect(failed.contains("$1.00 went back to your balance."))
            let receipt = try #require(mails.first { $0.contains("Your receipt: $55.00") })
            #expect(receipt.contains("Paid        $47.99"))
            #expect(receipt.contains("It lasts 90 days."))
            for mail in mails {
                let links = mail.split(whereSeparator: \.isWhitespace).filter {
                    $0.contains("://")
                }
                #expect(links.allSatisfy { $0.hasPrefix("https://shop.example") })
            }
        }
    }

    @Test func `a mail is in its reader's language when it is sent, and greets by name`() throws {
        try withFolder { post, folder in
            try post.endJob()
            let user = try post.db.owner(of: post.account)
            try post.db.execute(
                "UPDATE users SET name = 'Jürgen \"J\" <x>', language = 'de' WHERE id = \(user)")
            #expect(try post.courier(mail: .folder(folder)).sendNextMail())
            let mail = try #require(try mails(in: folder).first)
            #expect(mail.contains("Subject: Ihr Video ist fertig\n"))
            #expect(mail.contains("Guten Tag J=C3=BCrgen \"J\" <x>,\n\nIhr Video"))
            #expect(mail.contains("\nFragen: https://shop.example/contact"))
            let address = try post.db.address(ofOwnerOf: post.account)
            let name = Base64.encode(Array("Jürgen \"J\" <x>".utf8))
            #expect(mail.contains("To: =?utf-8?B?\(name)?= <\(address)>\n"))
        }
    }

    @Test func `no name goes to an address that is not proved to be its owner's`() throws {
        try withFolder { post, folder in
            let user = try post.db.owner(of: post.account)
            try post.db.execute("UPDATE users SET name = 'Buy more' WHERE id = \(user)")
            let id = MailTokenID.new()
            let token = LinkTokens(secret: secret, previous: nil).token(of: id.description)
            try post.db.mailChange(
                NewMailToken(id: id, hash: token.hash), of: user, to: "stranger@example.org")
            let courier = try post.courier(mail: .folder(folder))
            while try courier.sendNextMail() {}
            let mails = try mails(in: folder)
            #expect(mails.count == 2)
            let strange = try #require(mails.first { $0.contains("stranger@example.org>\n") })
            #expect(!strange.contains("Buy more"))
            #expect(mails.contains { $0.contains("Hello Buy more,") })
        }
    }

    @Test func `what was ordered together is told in one mail`() throws {
        try withFolder { post, folder in
            func end(_ states: [VideoState]) throws -> String {
                let order = try post.db.order(count: states.count)
                try post.db.accept(order, from: post.account)
                for (video, state) in zip(order.videos, states) {
                    try post.db.advanceJob(to: state, task: "task-\(video.id)")
                }
                try post.db.makeMailDue()
                let courier = try post.courier(mail: .folder(folder))
                let before = try Set(mails(in: folder))
                while try courier.sendNextMail() {}
                let new = try mails(in: folder).filter { !before.contains($0) }
                #expect(new.count == 1)
                let text = new.first ?? ""
                for (video, state) in zip(order.videos, states) {
                    let link = "https://shop.example/videos/\(video.id)\n"
                    #expect(text.contains(link) == (state == .delivered))
                }
                return text
            }
            let mixed = try end([.delivered, .refunded, .delivered])
            #expect(mixed.contains("Subject: Ready: 2 of 3 videos\n"))
            #expect(mixed.contains("A fox runs through fresh snow"))
            #expect(mixed.contains("Could not be made: 1. $1.00 went back to your balance.\n"))
            let all = try end([.delivered, .delivered])
            #expect(all.contains("Subject: Ready: 2 of 2 videos\n"))
            #expect(!all.contains("went back"))
            let none = try end([.refunded, .refunded])
            #expect(none.contains("Subject: Your videos could not be made\n"))
            #expect(none.contains("none of these 2 videos"))
            #expect(none.contains("$2.00 went back to your balance."))
        }
    }

    @Test func `a mail that is sent again after a crash is the same file`() throws {
        try withFolder { post, folder in
            try post.endJob()
            let proxy = try CuttingProxy(before: post.configuration)
            let dying = try post.courier(
                mail: .folder(folder),
                through: Connection(proxy.configuration(post.configuration), pause: { _ in }))
            proxy.arm(.beforeForwarding, at: "sent_at = UTC_TIMESTAMP(6)", count: 100)
            #expect(throws: DatabaseError.self) { try dying.sendNextMail() }
            let first = try mails(in: folder)
            #expect(first.count == 1)
            try post.passLeases()
            #expect(try post.courier(mail: .folder(folder)).sendNextMail())
            #expect(try mails(in: folder) == first)
        }
    }

    @Test func `a folder that is away keeps the mail waiting, and says so`() throws {
        try withFolder { post, folder in
            try post.endJob()
            #expect(try post.courier(mail: .folder(folder + "/gone")).sendNextMail())
            let check = try post.db.healthChecks().first { $0.name == "mail" }
            #expect(check?.isHealthy == false)
            try post.makeDue()
            #expect(try post.courier(mail: .folder(folder)).sendNextMail())
            #expect(try mails(in: folder).count == 1)
            #expect(try post.db.healthChecks().first { $0.name == "mail" }?.isHealthy == true)
        }
    }

    @Test func `a mail to see whether mail arrives says so, and that it was taken`() throws {
        try withFolder { post, folder in
            let user = try post.db.owner(of: post.account)
            let mail = try post.db.sendTestMail(to: user)
            #expect(try post.courier(mail: .folder(folder + "/gone")).sendNextMail())
            let waiting = try #require(try post.db.testMails(of: user).first)
            #expect(waiting.id == mail.id && waiting.sentAt == nil && waiting.problem != nil)
            try post.makeDue()
            #expect(try post.courier(mail: .folder(folder)).sendNextMail())
            #expect(try post.db.testMails(of: user).first?.sentAt != nil)
            #expect(try mails(in: folder).first?.contains("whether it arrives. It does.") == true)
        }
    }

    @Test func `that mail goes is written down once in ten seconds, and at once after a failure`()
        throws
    {
        try withPost { post in
            func age() throws -> Int? {
                try post.db.healthChecks().first { $0.name == "mail" }?.ageSeconds
            }
            func pass(_ seconds: Int) throws {
                try post.db.execute(
                    """
                    UPDATE health_checks
                    SET checked_at = UTC_TIMESTAMP(6) - INTERVAL \(seconds) SECOND
                    WHERE name = 'mail'
                    """)
            }
            try post.db.noteHealthy("mail", detail: "taken")
            try pass(8)
            try post.db.noteHealthy("mail", detail: "taken")
            #expect(try age() == 8)
            try pass(11)
            try post.db.noteHealthy("mail", detail: "taken")
            #expect(try age() == 0)
            try post.db.setHealth("mail", isHealthy: false, detail: "refused")
            try post.db.noteHealthy("mail", detail: "taken")
            #expect(try post.db.healthChecks().first { $0.name == "mail" }?.isHealthy == true)
        }
    }

    @Test func `without mail nothing is taken from the outbox`() throws {
        try withPost { post in
            try post.endJob()
            #expect(try !post.courier().sendNextMail())
            #expect(try post.db.count("SELECT COUNT(*) FROM outbox WHERE attempts = 0") == 1)
        }
    }

    private func link(by secret: [UInt8]) -> (new: NewMailToken, text: String) {
        let id = MailTokenID.new()
        let token = LinkTokens(secret: secret, previous: nil).token(of: id.description)
        return (NewMailToken(id: id, hash: token.hash), token.text)
    }

    @Test func `a link is made when it is sent, and goes to the address that it proves`() throws {
        try withFolder { post, folder in
            let courier = try post.courier(mail: .folder(folder))
            let own = try post.db.address(ofOwnerOf: post.account)
            let reset = link(by: secret)
            let change = link(by: oldSecret)
            try post.db.mailReset(reset.new, to: own)
            try post.db.mailChange(
                change.new, of: post.db.owner(of: post.account), to: "moved@example.org")
            // Neither token stands in the database before it is sent, nor afterwards.
            for text in [reset.text, change.text] {
                #expect(
                    try post.db.count(
                        "SELECT COUNT(*) FROM outbox WHERE INSTR(payload, \(text)) > 0") == 0)
            }
            while try courier.sendNextMail() {}
            let mails = try mails(in: folder)
            #expect(mails.count == 3)
            let first = try #require(mails.first { $0.contains("/reset#") })
            #expect(first.contains("To: <\(own)>\n"))
            #expect(first.contains("https://shop.example/reset#\(reset.text)\n"))
            let second = try #require(mails.first { $0.contains("/verify#") })
            #expect(second.contains("To: <moved@example.org>\n"))
            #expect(second.contains("https://shop.example/verify#\(change.text)\n"))
            let warning = try #require(mails.first { $0.contains("    moved@example.org\n") })
            #expect(warning.contains("To: <\(own)>\n"))
            for mail in mails { #expect(!mail.contains("You choose which mails you get")) }

            let moved = try post.db.proveAddress(
                tokenHash: change.new.hash, credit: .zero, policy: .test)
            #expect(moved.email == "moved@example.org")
            while try courier.sendNextMail() {}
            let last = try self.mails(in: folder).first { $0.contains("has moved to") }
            #expect(last?.contains("To: <\(own)>\n") == true)
        }
    }

    @Test func `a link that is used, too old or of a lost secret is not sent`() throws {
        try withFolder { post, folder in
            let own = try post.db.address(ofOwnerOf: post.account)
            try post.db.mailReset(link(by: Array(UInt8(50)...81)).new, to: own)
            let late = link(by: secret)
            try post.db.mailReset(late.new, to: own)
            try post.db.execute(
                """
                UPDATE mail_tokens SET expires_at = UTC_TIMESTAMP(6) WHERE id = \(late.new.id)
                """)
            let courier = try post.courier(mail: .folder(folder))
            while try courier.sendNextMail() {}
            #expect(try mails(in: folder).isEmpty)
            #expect(
                try post.db.count("SELECT COUNT(*) FROM outbox WHERE failed_at IS NOT NULL") == 2)
        }
    }

    @Test func `what keeps an account safe is sent whatever is switched off`() throws {
        try withFolder { post, folder in
            let all = Dictionary(uniqueKeysWithValues: NoticeKind.allCases.map { ($0, false) })
            try post.db.changeMutedNotices(of: post.db.owner(of: post.account), all)
            try post.endJob()
            try post.db.changePassword(
                of: post.db.owner(of: post.account), from: "$argon2id$", to: "another", keeping: nil
            )
            let courier = try post.courier(mail: .folder(folder))
            while try courier.sendNextMail() {}
            let mails = try mails(in: folder)
            #expect(mails.count == 1)
            #expect(mails[0].contains("Subject: Your password was changed\n"))
        }
    }
}

@Suite struct `J17 lanes of webhooks` {
    private func withEndpoint(
        answering answer: @escaping @Sendable (Int) -> String,
        _ body: (Post, HookServer, WebhookEndpointID) throws -> Void
    ) throws {
        try withPost { post in
            let server = try HookServer(answer)
            try body(post, server, post.addEndpoint("\(server.origin)/hook"))
        }
    }

    private func endpoint(_ id: WebhookEndpointID, _ post: Post) throws -> WebhookEndpoint {
        try #require(try post.db.webhookEndpoint(id, of: post.account))
    }

    private func mails(_ post: Post) throws -> [String] {
        try post.db.query(
            "SELECT topic FROM outbox WHERE channel = 'mail' AND topic LIKE 'webhook%' ORDER BY id"
        ) { try $0("topic") as String }
    }

    @Test func `an answer of 200 with 80 kB is a delivery`() throws {
        let body = String(repeating: "x", count: 80_000)
        let answer = { @Sendable (_: Int) in "200 OK\r\nContent-Length: 80000\r\n\r\n\(body)" }
        try withEndpoint(answering: answer) { post, server, id in
            try post.endJob()
            #expect(try post.courier(exceptOrigins: [server.origin]).sendNextWebhook(.fast))
            let delivery = try #require(try post.deliveries(id).first)
            #expect(delivery.state == .delivered)
            #expect(delivery.attempts.map(\.statusCode) == [200])
            #expect(server.hooks.count == 1)
        }
    }

    @Test func `an endpoint that failed is called by the slow lane until it answers`() throws {
        let answer = { @Sendable (number: Int) in number == 0 ? "500 No\r\n" : "200 OK\r\n" }
        try withEndpoint(answering: answer) { post, server, id in
            let courier = try post.courier(exceptOrigins: [server.origin])
            try post.endJob()
            #expect(try !courier.sendNextWebhook(.slow))
            #expect(try courier.sendNextWebhook(.fast))
            #expect(try endpoint(id, post).failingSince != nil)
            // What is new for it is the slow lane's as well.
            try post.endJob()
            try post.makeDue()
            #expect(try !courier.sendNextWebhook(.fast))
            #expect(try courier.sendNextWebhook(.slow))
            #expect(try endpoint(id, post).failingSince == nil)
            while try courier.sendNextWebhook(.slow) {}
            while try courier.sendNextWebhook(.fast) {}
            #expect(server.hooks.count == 3)
            #expect(try post.deliveries(id).allSatisfy { $0.state == .delivered })
            try post.endJob()
            #expect(try courier.sendNextWebhook(.fast))
            #expect(try mails(post) == [])
        }
    }

    @Test func `silent servers of six accounts hold nobody's webhook back`() throws {
        try withPost { post in
            let server = try HookServer()
            let address = "\(server.origin)/hook"
            // Six whose servers have shown that they are silent, with much to tell them.
            for _ in 0..<6 {
                let account = try post.db.insertAccount(credit: .dollars(9))
                for number in 0..<3 {
                    let id = WebhookEndpointID.new()
                    let draft = try WebhookEndpointDraft(
                        FieldReader(["url": .string("https://silent.example/\(number)")]),
                        exceptOrigins: [])
                    try post.db.insertWebhookEndpoint(id, draft, secret: secret, of: account)
                }
                let job = try post.db.insertJob(of: account)
                try post.db.advanceJob(to: .delivered, task: "task-\(job)")
            }
            try post.db.execute(
                """
                UPDATE webhook_endpoints
                SET failures = 1, failing_since = UTC_TIMESTAMP(6), is_slow = TRUE
                """)
            try post.addEndpoint(address)
            try post.endJob()
            // The first that the fast lane takes is the healthy one's, though it came last.
            #expect(try post.courier(exceptOrigins: [server.origin]).sendNextWebhook(.fast))
            #expect(server.hooks.count == 1)
            #expect(try post.db.claimWebhook(.fast, lasting: .seconds(60)) == nil)
            // The slow lane sends to one server of each account at a time.
            let claimed = try (0..<6).map { _ in
                try post.db.claimWebhook(.slow, lasting: .seconds(60))?.accountID
            }
            #expect(Set(claimed.compactMap(\.self)).count == 6)
            #expect(try post.db.claimWebhook(.slow, lasting: .seconds(60)) == nil)
        }
    }

    @Test func `after five failures the messages wait, and the owner is told once`() throws {
        let answer = { @Sendable (number: Int) in "503 No\r\n" }
        try withEndpoint(answering: answer) { post, server, id in
            let courier = try post.courier(exceptOrigins: [server.origin])
            for number in 1...7 {
                try post.endJob()
                try post.makeDue()
                #expect(try courier.sendNextWebhook())
                #expect(try mails(post) == (number < 5 ? [] : ["webhookFailing"]))
            }
            #expect(server.hooks.count == 7)
            try post.db.execute(
                "UPDATE outbox SET next_attempt_at = UTC_TIMESTAMP(6) WHERE channel = 'webhook'")
            for lane in WebhookLane.allCases { #expect(try !courier.sendNextWebhook(lane)) }
            // Somebody who asks for one gets it tried.
            let waiting = try #require(try post.deliveries(id).last)
            try post.db.resendWebhook(waiting.id, from: .endpoint(id), of: post.account)
            #expect(try courier.sendNextWebhook())
            #expect(server.hooks.count == 8)
        }
    }

    @Test func `after five days of failures it is switched off, until a test is answered`() throws {
        let answer = { @Sendable (number: Int) in number == 0 ? "503 No\r\n" : "200 OK\r\n" }
        try withEndpoint(answering: answer) { post, server, id in
            let courier = try post.courier(exceptOrigins: [server.origin])
            try post.endJob()
            try post.endJob()
            try post.db.execute(
                """
                UPDATE webhook_endpoints
                SET failures = 40, failing_since = UTC_TIMESTAMP(6) - INTERVAL 5 DAY
                """)
            #expect(try courier.sendNextWebhook())
            #expect(try endpoint(id, post).isOff)
            #expect(try mails(post) == ["webhookOff"])
            #expect(try post.deliveries(id).map(\.state) == [.failed, .failed])
            // It gets nothing new.
            try post.endJob()
            #expect(try post.deliveries(id).count == 2)
            #expect(try !courier.sendNextWebhook())

            try post.db.testWebhook(id, of: post.account, id: .new())
            #expect(try courier.sendNextWebhook(.slow))
            #expect(try !endpoint(id, post).isOff)
            try post.endJob()
            #expect(try courier.sendNextWebhook(.fast))
            #expect(server.hooks.count == 3)
        }
    }
}
