import BooksSupport
import DatabaseSupport
import Domain
import JSON
import Ledger
import MariaDB
import Store
import Testing

/// Every column of text, and what keeps a text from outside from overflowing it: MariaDB refuses
/// one that is too long (1406), and then the step that writes it never ends.
struct ColumnTests {
    /// Where the text of a column comes from.
    private enum Origin: Sendable {
        /// From us: a word or an id of our own, a hash, or what the settings say, judged at the start.
        case ours
        /// From outside, cut to the column. Writes the text and returns what the column holds.
        case cut(@Sendable (Connection, String) throws -> String?)
        /// From outside, and judged before it comes here. Whether the text would be let through.
        case judged(@Sendable (Connection, String) throws -> Bool)
        /// A vendor's id or link, by which it is found again: nothing may be cut from it. What is
        /// too long for it is refused by the database, with all that came with it.
        case whole(@Sendable (Connection, String) throws -> Void)
    }

    /// Keeps a transaction at Stripe, of a purchase of its own.
    @discardableResult
    private static func note(
        _ db: Connection, transaction: String, type: String
    ) throws -> PurchaseID {
        let purchase = try db.insertPurchase(of: db.insertAccount()).id
        try db.note([
            StripeTransaction(
                id: transaction, purchaseID: purchase, type: type, amount: .zero, fee: .zero,
                createdAt: db.databaseTime())
        ])
        return purchase
    }

    /// A disputed payment.
    private static func dispute(_ db: Connection, reason: String) throws {
        let order = try db.insertPurchase(of: db.insertAccount())
        _ = try db.apply(.of(order, intent: "pi_1"), to: order.id, policy: .test)
        let dispute = PaymentDispute(
            id: "dp_1", amount: order.price, standing: .open, answer: .init(reason: reason))
        _ = try db.apply(
            PaymentReversal(refunded: nil, dispute: dispute, cause: "test"), to: order.id,
            readAt: db.reversals(of: order.id), refundGrace: .seconds(60))
    }

    private static func evidence(_ db: Connection) throws -> EvidenceRecord {
        try dispute(db, reason: "fraudulent")
        return try db.beginEvidence(
            .new(), fields: [("uncategorized_text", "x")], against: "dp_1",
            by: Operator(userID: nil, reason: "a test"))
    }

    private static let origins: [String: Origin] = [
        "users.email": .judged { _, text in Credentials.normalized("\(text)@example.org") != nil },
        "users.password_hash": .ours,
        "users.name": .judged { _, text in
            var reader = FieldReader(["name": .string(text)])
            _ = ProfileChange(&reader)
            return (try? reader.finish()) != nil
        },
        "users.language": .ours,
        // nginx says it, and the application takes 64 bytes at most.
        "terms_acceptances.version": .ours, "purchases.terms_version": .ours,
        "terms_acceptances.address": .cut { db, text in
            let account = try db.insertAccount()
            let package = try db.catalog(version: 1).package("starter").orThrow("starter")
            try db.insertPurchase(
                .new(), of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
                from: text, under: PurchaseTerms(version: "v1", isAgreedTo: true), isLive: false)
            return try value(db, "SELECT address AS value FROM terms_acceptances")
        },
        "mail_tokens.email": .judged { _, text in
            Credentials.normalized("\(text)@example.org") != nil
        },
        "sessions.user_agent": .cut { db, text in
            try session(db, userAgent: text, address: "192.0.2.1").userAgent
        },
        "sessions.address": .cut { db, text in
            try session(db, userAgent: "x", address: text).address
        },
        "catalog_versions.reason": .ours,
        "tiers.id": .ours, "tiers.name": .ours, "tiers.model": .ours, "tiers.vendor_path": .ours,
        "tiers.durations": .ours, "tiers.features": .ours, "tiers.fields": .ours,
        "packages.id": .ours,
        "purchases.package_id": .ours,
        "purchases.session_id": .whole { db, text in
            let account = try db.insertAccount()
            _ = try db.insertPurchase(of: account, session: text)
        },
        "purchases.checkout_url": .whole { db, text in
            let account = try db.insertAccount()
            let purchase = PurchaseID.new()
            let package = try db.catalog(version: 1).package("starter").orThrow("starter")
            try db.insertPurchase(
                purchase, of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
                isLive: false)
            // The widest column of text: 65,535 bytes.
            let url = String(repeating: text, count: 64)
            try db.setSession("cs_\(purchase)", url: url, of: purchase)
        },
        "purchases.payment_intent": .whole { db, text in
            let purchase = try db.insertPurchase(of: db.insertAccount())
            _ = try db.apply(.of(purchase, intent: text), to: purchase.id, policy: .test)
        },
        "purchases.address": .cut { db, text in
            let account = try db.insertAccount()
            let purchase = PurchaseID.new()
            let package = try db.catalog(version: 1).package("starter").orThrow("starter")
            try db.insertPurchase(
                purchase, of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
                from: text, isLive: false)
            return try value(db, "SELECT address AS value FROM purchases WHERE id = \(purchase)")
        },
        "video_downloads.address": .cut { db, text in
            let video = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            try db.noteDownload(of: video, by: .file, from: text)
            return try value(
                db, "SELECT address AS value FROM video_downloads WHERE video_id = \(video)")
        },
        "disputes.reason": .cut { db, text in
            try dispute(db, reason: text)
            return try value(db, "SELECT reason AS value FROM disputes")
        },
        // Of `disputes`; of what our own rows say; and Stripe's id, which its client bounds.
        "dispute_evidence.dispute_id": .ours, "dispute_evidence.fields": .ours,
        "dispute_evidence.file_id": .whole { db, text in
            _ = try db.setFile(text, of: evidence(db).id)
        },
        "dispute_evidence.problem": .cut { db, text in
            let evidence = try evidence(db)
            try db.fail(
                evidence.id, against: "dp_1", problem: text,
                by: Operator(userID: nil, reason: "a test"))
            return try value(db, "SELECT problem AS value FROM dispute_evidence")
        },
        "sellers.name": .ours, "sellers.address": .ours, "sellers.tax_id": .ours,
        "sellers.tax_line": .ours,
        "documents.op_key": .ours,
        // Of `users` and of `sellers`.
        "documents.buyer": .ours, "documents.buyer_name": .ours,
        "documents.seller_name": .ours,
        "documents.seller_address": .ours, "documents.seller_tax_id": .ours,
        "documents.tax_line": .ours,
        "purchases.problem": .cut { db, text in
            let purchase = try db.insertPurchase(of: db.insertAccount())
            let facts = PaymentFacts(
                sessionID: purchase.sessionID ?? "", progress: .paid, isPaymentMode: true,
                subtotal: purchase.price, total: purchase.price, currency: text, isLive: false,
                reference: purchase.id.description, paymentIntent: "pi_\(purchase.id)")
            guard
                case .mismatch(let problem) = try db.apply(
                    facts, to: purchase.id, policy: .test
                ).outcome
            else { return nil }
            let stored: String = try value(
                db, "SELECT problem AS value FROM purchases WHERE id = \(purchase.id)")
            return problem.cut(to: 500) == stored ? text.cut(to: 500) : stored
        },
        "video_archives.name": .ours, "video_archives.videos_hash": .ours,
        "video_jobs.tier": .ours,
        "video_jobs.status": .ours,
        "video_jobs.prompt": judgedField("prompt"),
        "video_jobs.title": .judged { _, text in
            var reader = FieldReader(["title": .string(text)])
            return (try? VideoChange(&reader)) != nil
        },
        "video_jobs.negative_prompt": judgedField("negativePrompt"),
        "video_jobs.input_image_url": judgedField("image"),
        "video_jobs.image_tail_url": judgedField("imageTail"),
        "video_jobs.aspect_ratio": judgedField("aspectRatio"),
        "video_jobs.resolution": judgedField("resolution"),
        "video_jobs.mode": judgedField("mode"),
        "video_jobs.webhook_url": judgedField("webhookUrl"),
        "video_jobs.vendor_path": .ours, "video_jobs.vendor_input": .ours,
        "video_jobs.callback_token": .ours,
        // The client of the vendor lets no other text pass for the id of a task.
        "video_jobs.callback_task_id": .ours, "video_jobs.task_id": .ours,
        "video_jobs.pollo_status": .ours, "video_jobs.video_url": .ours,
        "video_jobs.file_sha256": .ours,
        "job_attempts.outcome": .ours,
        "job_attempts.detail": .cut { db, text in
            let video = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            let job = try db.claimToSubmit()
            // What the report was about: the step has to end, and the hold to go back.
            try db.refund(job, reason: .refused, detail: text, policy: .test)
            return try value(
                db, "SELECT detail AS value FROM job_attempts WHERE job_id = \(video)")
        },
        "parked_jobs.problem": .cut { db, text in
            let video = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            try db.park(video, because: text)
            return try value(
                db, "SELECT problem AS value FROM parked_jobs WHERE job_id = \(video)")
        },
        "ledger_entries.op_key": .ours,
        "transactions.description": .cut { db, text in
            let account = try db.insertAccount()
            try db.grantCredit(
                .dollars(1), to: account, reason: text, policy: .test, grant: .new())
            return try value(
                db, "SELECT description AS value FROM transactions WHERE account_id = \(account)")
        },
        "transactions.detail": .cut { db, text in
            let account = try db.insertAccount()
            try db.grantCredit(
                .dollars(1), to: account, reason: text, policy: .test, grant: .new())
            let detail: String = try value(
                db, "SELECT detail AS value FROM transactions WHERE account_id = \(account)")
            // In JSON a text is up to six times as long.
            let reason = try JSONValue(parsing: [UInt8](detail.utf8))["reason"]?.string
            return reason == text.cut(to: 500) ? text.cut(to: 4000) : reason
        },
        "transactions.op_key": .ours,
        // Judged with the header that it comes in: at most 255 visible ASCII characters.
        "idempotency_keys.client_key": .ours,
        "idempotency_keys.answer": .ours,
        "vendor_events.event_id": .cut { db, text in
            try event(db, id: text, type: "x", object: "y").id
        },
        "vendor_events.type": .cut { db, text in
            try event(db, id: "evt", type: text, object: "y").type
        },
        "vendor_events.object_id": .cut { db, text in
            try event(db, id: "evt", type: "x", object: text).object
        },
        "vendor_events.object_kind": .cut { db, text in
            try keptEvent(db, kind: text)
            return try value(db, "SELECT object_kind AS value FROM vendor_events")
        },
        "vendor_events.payment_intent": .cut { db, text in
            try keptEvent(db, payment: text)
            return try value(db, "SELECT payment_intent AS value FROM vendor_events")
        },
        "vendor_events.problem": .cut { db, text in
            try keptEvent(db, problem: text)
            return try value(db, "SELECT problem AS value FROM vendor_events")
        },
        "reconciliation_cursors.after_id": .cut { db, text in
            let walk = try db.takeWalk(through: .charges, at: db.databaseTime(), isNew: true)
                .orThrow("a walk")
            try db.note(walk, after: text, isDone: false)
            return try value(db, "SELECT after_id AS value FROM reconciliation_cursors")
        },
        "outbox.topic": .ours,
        "outbox.url": judgedField("webhookUrl"),
        "outbox.op_key": .ours,
        "outbox.payload": .ours,
        "outbox.problem": .cut { db, text in
            let claim = try webhook(db).claim
            try db.noteFailed(claim, problem: text, retryAfter: .seconds(60))
            return try value(db, "SELECT problem AS value FROM outbox WHERE id = \(claim.id)")
        },
        "vendor_gates.name": .ours, "vendor_gates.probe_tier": .ours,
        "vendor_failures.tier": .ours,
        "vendor_failures.problem": .cut { db, text in
            let video = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            try db.noteFailure(.status, of: db.claimToSubmit(), problem: text)
            return try value(
                db, "SELECT problem AS value FROM vendor_failures WHERE job_id = \(video)")
        },
        "vendor_gates.reason": .cut { db, text in
            try db.pause(tier: nil, for: .seconds(60), reason: text)
            return try value(db, "SELECT reason AS value FROM vendor_gates WHERE name = 'pollo'")
        },
        "health_checks.name": .ours,
        "health_checks.detail": .cut { db, text in
            try db.setHealth("stripe", isHealthy: false, detail: text)
            return try value(db, "SELECT detail AS value FROM health_checks WHERE name = 'stripe'")
        },
        // Copied from the check.
        "health_changes.name": .ours, "health_changes.detail": .ours,
        "workers.version": .ours,
        "workers.host": .cut { db, text in
            let process = WorkerProcess(host: text, number: 1)
            try db.noteWorker(process, room: nil)
            return try value(db, "SELECT host AS value FROM workers WHERE id = \(process.id)")
        },
        "render_times.tier": .ours, "incidents.part": .ours,
        "daily_figures.tier": .ours, "cost_steps.tier": .ours,
        "daily_waits.tier": .ours, "vendor_balances.name": .ours,
        "stripe_transactions.id": .whole { db, text in
            try note(db, transaction: text, type: "charge")
        },
        "stripe_transactions.type": .cut { db, text in
            let purchase = try note(db, transaction: "txn_\(UserID.new())", type: text)
            return try db.transactions(of: purchase).first?.type
        },
        "disputes.id": .whole { db, text in
            let purchase = try db.buy("starter", for: db.insertAccount())
            try db.execute(
                """
                INSERT INTO disputes
                    (id, purchase_id, amount_micros, standing, created_at, changed_at)
                VALUES (\(text), \(purchase.id), 1, 'open', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
        },
        "refunds.reason": judgedReason,
        "refunds.stripe_refund_id": .whole { db, text in
            try db.finish(refund(db), stripeRefundID: text)
        },
        "refunds.problem": .cut { db, text in
            let refund = try refund(db)
            try db.fail(refund.id, problem: text)
            return try value(db, "SELECT problem AS value FROM refunds WHERE id = \(refund.id)")
        },
        "reconciliations.report": .ours,
        "audit_log.action": .ours, "audit_log.subject": .ours, "audit_log.reason": judgedReason,
        "audit_log.detail": .ours,
        // An account's name at the operating system of the operator.
        "audit_log.system_user_name": .ours,
        "ledger_checkpoints.digest": .ours, "ledger_heads.digest": .ours,
        "person_notes.text": judgedReason, "person_notes.system_user_name": .ours,
        "differences.subject": .cut { db, text in
            try difference(db, subject: text, detail: "x").subject
        },
        "differences.detail": .cut { db, text in
            try difference(db, subject: "x", detail: text).detail
        },
        "reconciliation_parts.problem": .cut { db, text in
            try db.note(.stripe, problem: text)
            return try value(
                db, "SELECT problem AS value FROM reconciliation_parts WHERE part = 'stripe'")
        },
        // Judged with the command line or the header that they come in; ids and amounts of ours.
        "operator_commands.command_key": .ours, "operator_commands.action": .ours,
        "operator_commands.subject": .ours, "operator_commands.arguments": .ours,
        "operator_commands.result": .ours,
        "operator_commands.requested_by": .ours,
        "schedules.name": .ours, "switches.name": .ours,
        "schedules.problem": .cut { db, text in
            let turn = try db.take("audit", lasting: .seconds(60)).orThrow("the turn")
            try db.fail(turn, problem: text, nextAfter: .seconds(60))
            return try value(db, "SELECT problem AS value FROM schedules")
        },
        "findings.rule": .ours,
        "findings.subject": .cut { db, text in try finding(db, subject: text, "x").subject },
        "findings.detail": .cut { db, text in try finding(db, subject: "x", text).detail },
        // Kinds and subjects of what needs a person.
        "operator_notices.items": .ours,
        "operator_notices.test_problem": .cut { db, text in
            _ = try db.askForWebhookTest()
            try db.noteWebhookTest(status: nil, milliseconds: 1, problem: text)
            return try db.webhookTest()?.problem ?? ""
        },
        "announcements.name": .ours,
        "announcements.words": .judged { _, text in
            AnnouncementChange.takes(text)
        },
        "uploads.name": .ours, "uploads.sha256": .ours, "exports.name": .ours,
        "webhook_endpoints.url": judgedField("webhookUrl"),
        "webhook_attempts.problem": .cut { db, text in
            let sent = try webhook(db)
            try db.noteEnd(
                sent, statusCode: 500, problem: text, took: .seconds(1),
                retryAfter: .seconds(60))
            return try value(
                db,
                "SELECT problem AS value FROM webhook_attempts WHERE outbox_id = \(sent.claim.id)")
        },
    ]

    // MARK: What is tried

    /// Texts that are longer than what they seem to be, in one unit or another.
    static let texts = [
        "a" + String(repeating: "\u{301}", count: 2_000),
        "words, then e" + String(repeating: "\u{301}\u{302}", count: 1_000),
        String(repeating: "e\u{301}", count: 1_000), String(repeating: "🦊", count: 2_000),
        String(repeating: "👩‍👩‍👧‍👦", count: 300), String(repeating: "x", count: 2_000),
        String(repeating: "\u{200B}", count: 2_000),
    ]

    private static let widths: Result<[String: Int], any Error> = Result {
        var widths: [String: Int] = [:]
        try withFreshDatabase { configuration in
            let rows = try Connection(configuration).query(
                """
                SELECT CONCAT(columns.table_name, '.', column_name) AS name,
                    character_maximum_length AS width
                FROM information_schema.columns
                JOIN information_schema.tables USING (table_schema, table_name)
                WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
                    AND data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext',
                        'longtext')
                    AND columns.table_name NOT LIKE 'schema\\_%'
                """
            ) { row in (try row("name") as String, try row("width") as Int) }
            widths = Dictionary(uniqueKeysWithValues: rows)
        }
        return widths
    }

    @Test func `every column of text says what keeps foreign text from overflowing it`() throws {
        let columns = try Self.widths.get().keys
        #expect(Set(columns).subtracting(Self.origins.keys).sorted() == [], "without a case")
        #expect(Set(Self.origins.keys).subtracting(columns).sorted() == [], "without a column")
    }

    @Test(arguments: origins.keys.sorted())
    func `no text from outside overflows a column`(column: String) throws {
        let origin = try #require(Self.origins[column])
        let width = try #require(try Self.widths.get()[column])
        if case .ours = origin { return }
        for text in Self.texts {
            try withFreshDatabase { configuration in
                let db = Connection(configuration)
                switch origin {
                case .ours: break
                case .cut(let write):
                    let stored = try #require(try write(db, text))
                    #expect(stored.utf8.elementsEqual(text.cut(to: width).utf8))
                case .judged(let isTaken):
                    let isTaken = try isTaken(db, text)
                    #expect(!isTaken)
                case .whole(let write):
                    #expect(throws: DatabaseError.self) { try write(db, text) }
                }
                try expectCleanBooks(db)
            }
        }
    }

    // MARK: Ways into the columns

    private static let judgedReason = Origin.judged { _, text in
        (try? Operator(userID: nil, reason: text)) != nil
    }

    private static func judgedField(_ name: String) -> Origin {
        .judged { db, text in
            var members: [String: JSONValue] = [
                "tier": .string("basic"), "duration": .integer(5),
                "prompt": .string("A fox runs through fresh snow"),
            ]
            if name == "negativePrompt" { members["tier"] = .string("pro") }
            if name == "imageTail" { members["image"] = .string("https://example.org/fox.jpg") }
            members[name] = .string(text)
            return (try? VideoDraft(.object(members), catalog: db.catalog(version: 1))) != nil
        }
    }

    private static func value(_ db: Connection, _ sql: SQL) throws -> String {
        try db.first(sql) { row in try row("value") as String }.orThrow("a value")
    }

    private static func session(
        _ db: Connection, userAgent: String, address: String
    ) throws -> (userAgent: String, address: String) {
        let user = try db.insertUser()
        try db.createSession(
            idHash: Array(repeating: 1, count: 32), of: user, lasting: .seconds(60),
            userAgent: userAgent, address: address)
        return try db.first(
            "SELECT user_agent, address FROM sessions WHERE user_id = \(user)"
        ) {
            row in (try row("user_agent") as String, try row("address") as String)
        }.orThrow("a session")
    }

    private static func event(
        _ db: Connection, id: String, type: String, object: String
    ) throws -> (id: String, type: String, object: String) {
        var effects = 0
        for _ in 1...2 {
            try db.receive(id, from: .stripe, type: type, object: object) {
                effects += 1
                return true
            }
        }
        guard effects == 1 else { throw Missing("one effect of an event that came twice") }
        return try db.first("SELECT event_id, type, object_id FROM vendor_events") { row in
            (
                try row("event_id") as String, try row("type") as String,
                try row("object_id") as String
            )
        }.orThrow("an event")
    }

    private static func keptEvent(
        _ db: Connection, kind: String? = nil, payment: String? = nil, problem: String = "x"
    ) throws {
        for _ in 1...2 {
            try db.keep(
                KeptEvent(
                    id: "evt", type: "x", object: "y", objectKind: kind, paymentIntent: payment),
                from: .stripe, problem: problem)
        }
    }

    private static func difference(
        _ db: Connection, subject: String, detail: String
    ) throws -> (subject: String, detail: String) {
        try db.record([Difference(.payment, subject: subject, detail)], examined: [:])
        return try db.first("SELECT subject, detail FROM differences") { row in
            (try row("subject"), try row("detail"))
        }.orThrow("a difference")
    }

    private static func finding(
        _ db: Connection, subject: String, _ detail: String
    ) throws -> (subject: String, detail: String) {
        let turn = try db.take("audit", lasting: .seconds(60)).orThrow("the turn")
        let violation = Violation(
            rule: "D9", scope: .whole, subject: subject, accountID: nil, description: detail)
        try db.record(
            AuditVerdict(lookedAt: db.databaseTime(), violations: [violation]), of: turn,
            nextAfter: .zero)
        return try db.first("SELECT subject, detail FROM findings") { row in
            (try row("subject"), try row("detail"))
        }.orThrow("a finding")
    }

    /// A webhook that is being sent.
    private static func webhook(_ db: Connection) throws -> ClaimedWebhook {
        let account = try db.insertAccount()
        let endpoint = WebhookEndpointID.new()
        try db.execute(
            """
            INSERT INTO webhook_endpoints (id, account_id, url, events, secret, created_at)
            VALUES (\(endpoint), \(account), 'https://example.org/hook', 'video.completed',
                \(Array(repeating: 1, count: 32) as [UInt8]), UTC_TIMESTAMP(6))
            """)
        try db.testWebhook(endpoint, of: account, id: .new())
        return try db.claimWebhook(lasting: .seconds(60)).orThrow("a webhook")
    }

    private static func refund(_ db: Connection) throws -> PendingRefund {
        let purchase = try db.buy("starter", for: db.insertAccount())
        return try db.beginRefund(
            .new(), of: purchase.id, amount: nil, by: Operator(userID: nil, reason: "a test"))
    }
}
