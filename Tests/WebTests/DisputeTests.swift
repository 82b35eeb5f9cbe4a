import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import System
import Testing

@testable import Console
@testable import Web

/// The evidence against a dispute: what it says, and that it is submitted once.
@Suite struct `Disputes` {
    /// A purchase that was paid and is disputed, as Stripe and our books have it.
    private struct Disputed {
        let site: TestSite
        let administrator: TestUser
        let user: TestUser
        let payment: String
        let dispute: String

        init(_ site: TestSite) throws {
            self.site = site
            administrator = try site.makeAdministrator()
            user = try site.makeUser()
            let order = try site.post(
                "/api/credits/purchase", #"{"packageId": "starter"}"#, as: user)
            let purchase = try #require(order.json["purchaseId"]?.string.flatMap { PurchaseID($0) })
            let session = try #require(order.json["sessionId"]?.string)
            site.stripe.complete(session)
            _ = try site.get("/api/credits/purchases/\(purchase)", as: user)
            payment = "pi_\(session)"
            let event = site.stripe.dispute(payment, cents: 999)
            dispute = try #require(event.objectID)
            let read = try site.stripe.client.dispute(id: dispute)
            _ = try site.database.apply(
                PaymentReversal(refunded: nil, dispute: read.facts, cause: "test:\(dispute)"),
                to: purchase, readAt: site.database.reversals(of: purchase),
                refundGrace: .seconds(60))
        }

        func show(as someone: TestUser? = nil) throws -> Answer {
            try site.get("/api/admin/disputes/\(dispute)", as: someone ?? administrator)
        }

        func submit(_ key: String = "evidence-1", as someone: TestUser? = nil) throws -> Answer {
            try site.post(
                "/api/admin/disputes/\(dispute)/evidence",
                #"{"reason": "they watched what they bought"}"#, as: someone ?? administrator,
                [(Header.idempotencyKey, key)])
        }

        func field(_ name: String, _ answer: Answer) -> String? {
            answer.json["evidence"]?.array?.first { $0["name"]?.string == name }?["value"]?.string
        }

        var submissions: Int { site.stripe.evidence(of: payment)?.submissions ?? -1 }
    }

    private func withDispute(_ body: (Disputed) throws -> Void) throws {
        try withFreshSite { site in try body(Disputed(site)) }
    }

    @Test func `what is recorded is shown, and what is not is said`() throws {
        try withDispute { disputed in
            let site = disputed.site
            let before = try disputed.show()
            #expect(before.json["step"] == "none")
            #expect(before.json["reason"] == "fraudulent")
            #expect(before.json["dueAt"]?.string?.hasSuffix("Z") == true)
            #expect(disputed.field("customer_purchase_ip", before) == site.address)
            #expect(disputed.field("customer_email_address", before) == disputed.user.email)
            #expect(disputed.field("product_description", before)?.contains("$9.99") == true)
            #expect(
                before.json["notRecorded"]
                    == .array(["termsAcceptance", "downloads", "mails"].map { .string($0) }))
            let video = try site.makeVideo(for: site.makeUser(credit: 9.dollars))
            try site.database.execute(
                "UPDATE video_jobs SET account_id = \(disputed.user.account) WHERE id = \(video)")
            let ordered = try disputed.show()
            #expect(disputed.field("access_activity_log", ordered)?.contains("\(video)") == true)
            #expect(disputed.field("access_activity_log", ordered)?.contains("asked for") == false)
            for address in ["192.0.2.9", "192.0.2.10"] {
                try site.database.noteDownload(of: video, by: .file, from: address)
            }
            let after = try disputed.show()
            let log = try #require(disputed.field("access_activity_log", after))
            #expect(log.contains("asked for") && log.contains("from 192.0.2.9"))
            #expect(!log.contains("192.0.2.10"))
            #expect(!after.text.contains("\"downloads\""))
        }
    }

    @Test func `who agreed to the terms is told with the version, and who did not is not`() throws {
        try withDispute { disputed in
            let site = disputed.site
            func note(_ version: String, hoursAgo: Int) throws {
                try site.database.execute(
                    """
                    INSERT INTO terms_acceptances (user_id, version, address, accepted_at)
                    VALUES (\(disputed.user.id), \(version), '192.0.2.7',
                        UTC_TIMESTAMP(6) - INTERVAL \(hoursAgo) HOUR)
                    """)
            }
            // What was accepted after the order says nothing of it.
            try note("v3", hoursAgo: -1)
            #expect(try disputed.show().text.contains("termsAcceptance"))
            try note("v1", hoursAgo: 2)
            let first = try disputed.show()
            #expect(!first.text.contains("termsAcceptance"))
            let text = try #require(disputed.field("uncategorized_text", first))
            #expect(text.contains("were accepted") && text.contains("from 192.0.2.7, version v1."))
            #expect(!text.contains("was in force"))
            try site.database.execute("UPDATE purchases SET terms_version = 'v2'")
            let other = try disputed.field("uncategorized_text", disputed.show())
            #expect(other?.contains("version v1.\nWhen the order was made, version v2") == true)
            try note("v2", hoursAgo: 3)
            let exact = try disputed.field("uncategorized_text", disputed.show())
            #expect(exact?.contains("version v2.") == true && exact?.contains("in force") == false)
            _ = try disputed.submit()
            let sent = try #require(site.stripe.evidence(of: disputed.payment)).fields
            #expect(sent["uncategorized_text"]?.contains("version v2.") == true)
        }
    }

    @Test func `two hundred videos are all on paper, page by page`() throws {
        try withFreshDatabase { configuration in
            let disputed = try Disputed(TestSite(Connection(configuration), limit: 1000))
            let site = disputed.site
            try site.database.grantCredit(
                500.dollars, to: disputed.user.account, reason: "Test",
                policy: site.site.settings.creditPolicy, grant: .new())
            let videos = try (0..<200).map { number in
                let video = try site.makeVideo(for: disputed.user)
                try site.deliver(video)
                for way in VideoDownload.Way.allCases {
                    try site.database.noteDownload(
                        of: video, by: way, from: "2001:db8:1234:5678:9abc:def0:1234:\(number)")
                }
                return video
            }
            let shown = try #require(disputed.field("access_activity_log", disputed.show()))
            #expect(shown.count <= 20_000 && shown.hasSuffix("on the paper beside it.)"))
            let paper = try site.get(
                "/api/admin/disputes/\(disputed.dispute)/evidence.pdf", as: disputed.administrator)
            #expect(paper.response.body.count < 5_000_000)
            let pages = try words(on: paper.response.body)
            #expect(pages.count > 5)
            for (number, page) in zip(1..., pages) {
                #expect(page.contains("Page \(number) of \(pages.count)\n"))
            }
            let all = pages.joined()
            for video in videos { #expect(all.contains("video \(video) ordered"), "\(video)") }
            #expect(all.contains("Reference "))
            #expect(try disputed.submit().status == 200)
        }
    }

    /// The text of each page of a PDF.
    private func words(on pdf: [UInt8]) throws -> [String] {
        let path = "/tmp/rushes-paper-\(UUID().uuidString).pdf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(pdf).write(to: URL(filePath: path))
        let result = try Command.run(
            "pdftotext", ["-layout", path, "-"], timeout: .seconds(20), outputLimit: 1_000_000)
        try #require(result.isSuccess)
        return String(decoding: result.output, as: UTF8.self)
            .split(separator: "\u{C}").map { String($0) }
    }

    @Test func `one press submits it with a paper, and the dispute needs nobody any more`() throws {
        try withDispute { disputed in
            let site = disputed.site
            let kinds = { try site.get("/api/admin/attention", as: disputed.administrator).items }
            #expect(try kinds().map { $0["subject"]?.string } == [disputed.dispute])
            let shown = try disputed.show()
            let answer = try disputed.submit()
            #expect(answer.status == 200)
            #expect(answer.json["step"] == "submitted")
            #expect(answer.json["submittedBy"]?.string == disputed.administrator.email)
            #expect(disputed.submissions == 1)
            let sent = try #require(site.stripe.evidence(of: disputed.payment)).fields
            #expect(sent["uncategorized_file"]?.hasPrefix("file_") == true)
            #expect(sent["customer_purchase_ip"] == site.address)
            #expect(
                sent["product_description"] == disputed.field("product_description", shown))
            #expect(try kinds().isEmpty)
            let line = try site.get("/api/admin/audit", as: disputed.administrator).items[0]
            #expect(line["action"] == "dispute.evidence")
            #expect(line["subject"]?.string == disputed.dispute)
            #expect(
                line["detail"]?.string?.hasPrefix("before: needs_response; after: under_review")
                    == true)
            let paper = try site.get(
                "/api/admin/disputes/\(disputed.dispute)/evidence.pdf", as: disputed.administrator)
            #expect(paper.response.body.starts(with: Array("%PDF-".utf8)))
        }
    }

    @Test func `pressed again it is submitted once`() throws {
        try withDispute { disputed in
            #expect(try disputed.submit().status == 200)
            let calls = disputed.site.stripe.requests.count
            #expect(try disputed.submit().status == 200)
            let other = try disputed.submit("evidence-2")
            #expect(other.status == 409)
            #expect(other.json["error"]?["message"]?.string?.contains("submitted") == true)
            #expect(disputed.site.stripe.requests.count == calls)
            #expect(disputed.submissions == 1)
        }
    }

    @Test func `without an answer of Stripe the next press goes on with the same`() throws {
        try withDispute { disputed in
            let stripe = disputed.site.stripe
            stripe.meet(.notSent, "/v1/disputes")
            let first = try disputed.submit()
            #expect(first.status == 202)
            #expect(first.json["step"] == "under_way")
            #expect(disputed.submissions == 0)
            // Now it arrives, and its answer does not.
            stripe.afterNext("/v1/files") { stripe.meet(.answerLost, "/v1/disputes") }
            #expect(try disputed.submit().status == 202)
            #expect(disputed.submissions == 1)
            let last = try disputed.submit("evidence-3")
            #expect(last.status == 200)
            #expect(last.json["step"] == "submitted")
            #expect(disputed.submissions == 1)
            #expect(stripe.calls.count { $0 == "POST /v1/files" } == 1)
        }
    }

    @Test func `what Stripe refuses is said, and can be tried again`() throws {
        try withDispute { disputed in
            let stripe = disputed.site.stripe
            stripe.afterNext("/v1/files") {
                stripe.meet(
                    .answer(
                        status: 400,
                        body: #"{"error": {"type": "x", "message": "Not so."}}"#,
                        shouldRetry: false), "/v1/disputes")
            }
            let answer = try disputed.submit()
            #expect(answer.status == 409)
            #expect(answer.json["error"]?["message"] == "Stripe refuses it: Not so.")
            let shown = try disputed.show()
            #expect(shown.json["step"] == "refused")
            #expect(shown.json["problem"] == "Not so.")
            #expect(try disputed.submit("evidence-2").json["step"] == "submitted")
            #expect(disputed.submissions == 1)
        }
    }

    @Test(arguments: ["closed", "late", "elsewhere"])
    func `a dispute that takes no evidence gets none`(why: String) throws {
        try withDispute { disputed in
            let stripe = disputed.site.stripe
            switch why {
            case "closed": _ = stripe.decide(disputed.payment, "lost")
            case "late": stripe.setDue(disputed.payment, at: Date() - 60)
            default:
                _ = try stripe.client.submit(
                    DisputeEvidence([.text: "by hand"]), against: disputed.dispute,
                    idempotencyKey: "dashboard")
            }
            let before = disputed.submissions
            let answer = try disputed.submit()
            #expect(answer.status == 409)
            #expect(
                answer.json["error"]?["message"]?.string?.lowercased().contains("evidence") == true)
            #expect(disputed.submissions == before)
            #expect(!stripe.calls.contains("POST /v1/files"))
            #expect(try disputed.show().json["step"] == "refused")
        }
    }

    @Test func `it takes the right to refund, a reason and a key`() throws {
        try withDispute { disputed in
            let site = disputed.site
            let accountant = try site.makeOperator(.accountant)
            #expect(try disputed.show(as: accountant).status == 200)
            #expect(try disputed.submit(as: accountant).status == 403)
            #expect(try disputed.show(as: disputed.user).status == 404)
            #expect(try disputed.submit(as: disputed.user).status == 404)
            let path = "/api/admin/disputes/\(disputed.dispute)/evidence"
            let keyless = try site.post(
                path, #"{"reason": "watched"}"#, as: disputed.administrator)
            #expect(keyless.refused == ["Idempotency-Key"])
            let silent = try site.post(
                path, "{}", as: disputed.administrator, [(Header.idempotencyKey, "k")])
            #expect(silent.refused == ["reason"])
            let unknown = try site.post(
                "/api/admin/disputes/du_none/evidence", #"{"reason": "watched"}"#,
                as: disputed.administrator, [(Header.idempotencyKey, "k")])
            #expect(unknown.status == 404)
            #expect(disputed.submissions == 0)
            let support = try site.makeOperator(.support)
            #expect(try disputed.submit(as: support).status == 200)
        }
    }
}
