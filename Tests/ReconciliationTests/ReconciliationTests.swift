import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Store
import Stripe
import Testing

@testable import Reconciliation

/// The books and both vendors', with what brings them in line.
private struct Office {
    let db: Connection
    var stripe = TinyStripe()
    let pollo = TinyPollo()
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A credit of the vendor costs $0.07.
    var reconciliation: Reconciliation {
        Reconciliation(
            database: db, stripe: stripe.client, pollo: pollo.client, vendorCredit: Money(cents: 7),
            log: log)
    }

    /// When what has just happened has settled (R2).
    var later: Date { Date() + 3600 }

    func run() throws -> [Difference] { try reconciliation.run(now: later).found }

    /// Runs, and returns what is open afterwards.
    func open() throws -> [Difference] {
        try reconciliation.run(now: later).open.map(\.difference)
    }

    func receive(_ event: StripeEvent) throws {
        try Billing(database: db, stripe: stripe.client, policy: .test, log: log).receive(event)
    }

    func purchase(_ package: String = "starter") throws -> Purchase {
        let purchase = try db.insertPurchase(package, of: db.insertUser())
        stripe.open(purchase)
        return purchase
    }

    func buy(_ package: String = "starter") throws -> Purchase {
        let purchase = try purchase(package)
        try receive(stripe.complete(purchase.session))
        return purchase
    }

    /// A $1.00 video that ended two minutes ago, whose task the vendor tells `status` of.
    func video(
        _ state: VideoState, vendor status: String?, credit: String? = nil
    ) throws -> VideoID {
        let user = try db.insertUser(credit: .dollars(1))
        let job = try db.insertJob(of: user)
        let task = "task-\(job)"
        try db.advanceJob(to: state, task: task)
        pollo.tasks[task] = (status, credit)
        try db.execute(
            """
            UPDATE video_jobs
            SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE, actual_cost_micros = NULL
            WHERE id = \(job)
            """)
        return job
    }
}

private func withOffice(_ body: (Office) throws -> Void) throws {
    try withDatabase { db in
        let office = Office(db: db)
        office.stripe.serve(try db.installation())
        try body(office)
    }
}

extension Purchase {
    fileprivate var session: String { sessionID ?? "" }
    fileprivate var payment: String { "pi_\(session)" }
}

@Suite struct `What is compared with Stripe` {
    @Test func `books that agree have no differences, and that is stored`() throws {
        try withOffice { office in
            _ = try office.purchase()
            _ = try office.buy()
            let refunded = try office.buy()
            try office.receive(office.stripe.refund(refunded.payment, cents: 500))
            let disputed = try office.buy("pro")
            try office.receive(office.stripe.dispute(disputed.payment, cents: 4799))
            let inquired = try office.buy("pro")
            try office.receive(
                office.stripe.dispute(
                    inquired.payment, cents: 4799, status: "warning_needs_response"))
            let lost = try office.buy()
            try office.receive(office.stripe.dispute(lost.payment, cents: 999))
            try office.receive(office.stripe.decide(lost.payment, "lost"))
            _ = try office.video(.delivered, vendor: "succeed", credit: "5")
            _ = try office.video(.refunded, vendor: "failed")
            #expect(try office.run() == [])
            let report = try office.db.lastReconciliation()
            #expect(report?.differences == 0)
            #expect(report?.report == "[]")
        }
    }

    @Test func `a payment that was not credited is found`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            #expect(
                try office.run() == [
                    Difference(
                        .payment, purchase: purchase.id, amount: purchase.price,
                        "paid at Stripe by \(purchase.session), not credited")
                ])
            // It moves no money itself.
            #expect(try office.db.balance(of: purchase.userID).available == .zero)
            try office.receive(event)
            #expect(try office.run() == [])
        }
    }

    @Test func `a credit that Stripe knows no payment of is found`() throws {
        try withOffice { office in
            let purchase = try office.buy()
            let other = Reconciliation(
                database: office.db, stripe: TinyStripe().client, pollo: office.pollo.client,
                vendorCredit: Money(cents: 7),
                log: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                })
            #expect(
                try other.run(now: office.later).found == [
                    Difference(
                        .payment, purchase: purchase.id, amount: -purchase.price,
                        "credited, but Stripe lists no paid session")
                ])
        }
    }

    /// Stripe is asked for 30 days (an hour from now), and a purchase is a moment older than its
    /// session.
    @Test(arguments: [(minutes: 29 * 1440 + 1385, isCompared: false), (29 * 1440 + 1375, true)])
    func `a purchase at the edge of what Stripe is asked for is no difference`(
        minutes: Int, isCompared: Bool
    ) throws {
        try withOffice { office in
            let purchase = try office.db.insertPurchase(of: office.db.insertUser())
            let createdAt = office.stripe.now - minutes * 60
            office.stripe.open(purchase, createdAt: createdAt)
            try office.receive(office.stripe.complete(purchase.session))
            try office.db.execute(
                """
                UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE
                WHERE id = \(purchase.id)
                """)
            #expect(try office.run() == [])
            if isCompared {
                try office.db.execute(
                    "UPDATE purchases SET price_micros = 9980000 WHERE id = \(purchase.id)")
                #expect(try office.run().map(\.amount) == [Money(cents: 1)])
            }
        }
    }

    @Test func `a payment of another amount is found`() throws {
        try withOffice { office in
            let purchase = try office.buy()
            try office.db.execute(
                "UPDATE purchases SET price_micros = 9000000 WHERE id = \(purchase.id)")
            #expect(
                try office.run() == [
                    Difference(
                        .payment, purchase: purchase.id, amount: Money(cents: 99),
                        "paid $9.99 for a price of $9.00")
                ])
        }
    }

    @Test func `a payment of a purchase that is not here is found, another shop's is not`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let lost = PurchaseID.new()
            for reference in ["\(lost)", "order_42", ""] {
                office.stripe.open(
                    purchase, session: "cs_x\(reference)", reference: reference,
                    metadata: reference == "\(lost)" ? nil : [:])
                _ = office.stripe.complete("cs_x\(reference)")
            }
            #expect(
                try office.run() == [
                    Difference(
                        .payment, subject: "cs_x\(lost)", amount: purchase.price,
                        "Stripe has the paid session cs_x\(lost) of a purchase that is not here")
                ])
        }
    }

    @Test(arguments: [0, 60])
    func `refunds that are not in the books are found, however old their payment`(
        days: Int
    ) throws {
        try withOffice { office in
            let purchase = try office.db.insertPurchase(of: office.db.insertUser())
            office.stripe.open(purchase, createdAt: office.stripe.now - days * 86_400)
            try office.receive(office.stripe.complete(purchase.session))
            try office.db.execute(
                """
                UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
                WHERE id = \(purchase.id)
                """)
            let events = [200, 300].map { office.stripe.refund(purchase.payment, cents: $0) }
            #expect(
                try office.run() == [
                    Difference(
                        .refund, purchase: purchase.id, amount: Money(cents: 500),
                        "Stripe has refunded $5.00, we know of $0.00")
                ])
            try office.receive(events[1])
            #expect(try office.run() == [])
            let failed = office.stripe.failRefund(of: purchase.payment)
            #expect(try office.run().map(\.amount) == [Money(cents: -300)])
            try office.receive(failed)
            #expect(try office.run() == [])
        }
    }

    @Test(arguments: [0, 60])
    func `disputes that are not in the books are found, however old their payment`(
        days: Int
    ) throws {
        try withOffice { office in
            let purchase = try office.db.insertPurchase(of: office.db.insertUser())
            office.stripe.open(purchase, createdAt: office.stripe.now - days * 86_400)
            try office.receive(office.stripe.complete(purchase.session))
            try office.db.execute(
                """
                UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
                WHERE id = \(purchase.id)
                """)
            let opened = office.stripe.dispute(purchase.payment, cents: 999)
            let id = try opened.objectID.orThrow("a dispute")
            #expect(
                try office.run() == [
                    Difference(
                        .dispute, subject: id, purchase: purchase.id, amount: Money(cents: 999),
                        "the dispute \(id) is open at Stripe")
                ])
            try office.receive(opened)
            #expect(try office.run() == [])
            let lost = office.stripe.decide(purchase.payment, "lost")
            #expect(
                try office.run().map(\.detail) == ["the dispute \(id) is lost at Stripe"])
            try office.receive(lost)
            #expect(try office.run() == [])
        }
    }

    @Test func `another application's payments are no differences, whatever their reference (P8)`()
        throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            for (number, reference) in [purchase.id, PurchaseID.new(), PurchaseID.new()]
                .enumerated()
            {
                let session = "cs_foreign_\(number)_\(purchase.id)"
                office.stripe.open(
                    purchase, session: session, reference: "\(reference)",
                    metadata: number == 2 ? [StripeMark.name: "\(InstallationID.new())"] : [:])
                _ = office.stripe.complete(session)
                _ = office.stripe.refund("pi_\(session)", cents: 100)
                _ = office.stripe.dispute("pi_\(session)", cents: 100)
            }
            #expect(try office.run() == [])
            // One of ours whose purchase is gone is one.
            office.stripe.open(purchase, session: "cs_ours", reference: "\(PurchaseID.new())")
            _ = office.stripe.complete("cs_ours")
            #expect(try office.run().count == 1)
        }
    }

    @Test func `every page of Stripe's lists is read`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            for number in 1...201 {
                office.stripe.open(
                    purchase, session: "cs_\(number)", reference: "order_\(number)", metadata: [:])
                _ = office.stripe.complete("cs_\(number)")
            }
            #expect(try office.run().map(\.purchaseID) == [purchase.id])
            #expect(office.stripe.calls.count { $0 == "GET /v1/checkout/sessions" } == 3)
            #expect(office.stripe.calls.count { $0 == "GET /v1/charges" } == 3)
        }
    }

    @Test func `what moved just now is left to the next run (R2)`() throws {
        try withOffice { office in
            let paid = try office.purchase()
            let refunded = try office.buy()
            let disputed = try office.buy("pro")
            _ = office.stripe.complete(paid.session)
            _ = office.stripe.refund(refunded.payment, cents: 500)
            _ = office.stripe.dispute(disputed.payment, cents: 4799)
            let result = try office.reconciliation.run(now: Date())
            #expect(result.found == [])
            #expect(result.agrees)
            #expect(try office.run().map(\.kind) == [.payment, .refund, .dispute])
            // What was found before is not gone because it moves.
            _ = office.stripe.refund(refunded.payment, cents: 100)
            #expect(try office.reconciliation.run(now: Date()).found == [])
            #expect(try office.db.openDifferences().count == 3)
        }
    }

    @Test func `what is booked between Stripe's page and our look at it is no difference (R2)`()
        throws
    {
        try withFreshDatabase { configuration in
            let office = Office(db: Connection(configuration))
            office.stripe.serve(try office.db.installation())
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            let (stripe, mark) = (office.stripe, try office.db.installation())
            stripe.afterNext("/v1/checkout/sessions") {
                let other = Office(db: Connection(configuration), stripe: stripe)
                stripe.serve(mark)
                try? other.receive(event)
            }
            #expect(try office.run() == [])
            #expect(try office.db.purchase(purchase.id)?.state == .paid)
        }
    }

    private static let refused = TinyStripe.Mishap.answer(
        status: 403, body: #"{"error": {"type": "invalid_request_error", "message": "no access"}}"#)

    @Test(arguments: ["/v1/checkout/sessions", "/v1/charges", "/v1/refunds", "/v1/disputes"])
    func `a list that answers 403 is unknown, and the others are compared (R3)`(
        path: String
    ) throws {
        try withOffice { office in
            #expect(try office.reconciliation.run(now: office.later).agrees)
            let paid = try office.purchase()
            _ = office.stripe.complete(paid.session)
            let refunded = try office.buy()
            _ = office.stripe.refund(refunded.payment, cents: 500)
            let disputed = try office.buy("pro")
            _ = office.stripe.dispute(disputed.payment, cents: 4799)
            office.stripe.meet(Self.refused, path)
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.map(\.part) == [.stripe])
            #expect(result.unread.first?.problem.contains("HTTP 403, no access") == true)
            #expect(result.unread.first?.since != nil)
            #expect(!result.agrees)
            #expect(result.found.count == (path == "/v1/refunds" ? 3 : 2))
            #expect(try office.db.attention().contains { $0.kind == .unknown })
            // The next run reads it.
            #expect(try office.reconciliation.run(now: office.later).unread == [])
        }
    }

    @Test func `a walk that was cut short goes on where it stood (R4)`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            for number in 1...201 {
                office.stripe.open(
                    purchase, session: "cs_\(number)", reference: "order_\(number)", metadata: [:])
                _ = office.stripe.complete("cs_\(number)")
            }
            let stripe = office.stripe
            func pages() -> Int { stripe.calls.count { $0 == "GET /v1/checkout/sessions" } }
            stripe.afterNext("/v1/checkout/sessions") {
                stripe.meet(Self.refused, "/v1/checkout/sessions")
            }
            #expect(try office.reconciliation.run(now: office.later).unread.count == 1)
            #expect(pages() == 2)
            #expect(try office.db.hasMoreToReconcile())
            // The oldest purchase stands on the last page.
            let result = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(pages() == 4)
            #expect(result.found.map(\.purchaseID) == [purchase.id])
            #expect(result.unread == [])
            #expect(try !office.db.hasMoreToReconcile())
            // Nothing is left to go on with.
            _ = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(pages() == 4)
        }
    }

    @Test func `a run whose time is over says that it is not finished (R3, R4)`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            _ = try office.video(.refunded, vendor: "succeed", credit: "5")
            var result = try office.reconciliation.run(now: office.later, until: .now)
            #expect(result.unread.map(\.part) == [.stripe, .tasks])
            #expect(result.unread.allSatisfy { $0.since == nil })
            #expect(try office.db.hasMoreToReconcile())
            result = try office.reconciliation.run(now: office.later, isNew: false)
            #expect(result.found.map(\.kind) == [.payment, .task])
            #expect(result.unread == [])
            // What was known stands for a day, and no longer.
            result = try office.reconciliation.run(now: office.later, until: .now)
            #expect(result.unread == [])
            try office.db.execute(
                "UPDATE reconciliation_parts SET read_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR")
            #expect(
                try office.db.unreadParts().map(\.part) == [.ledger, .stripe, .tasks, .balance])
            #expect(try office.db.attention().count { $0.kind == .unknown } == 4)
        }
    }

    @Test func `a paid purchase that no list has had is found once the walk is done`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let other = try office.buy()
            try office.db.execute(
                """
                UPDATE purchases SET state = 'paid', payment_intent = 'pi_none',
                    paid_at = UTC_TIMESTAMP(6)
                WHERE id = \(purchase.id)
                """)
            #expect(try office.run().map(\.purchaseID).contains(purchase.id))
            #expect(try !office.run().map(\.purchaseID).contains(other.id))
        }
    }

    @Test func `open disputes are read however old they are, and one that is not there holds none`()
        throws
    {
        try withOffice { office in
            let old = office.stripe.now - 90 * 86_400
            let purchases = try (1...3).map { _ in try office.buy() }
            for purchase in purchases {
                try office.receive(
                    office.stripe.dispute(purchase.payment, cents: 999, createdAt: old))
            }
            try office.db.execute(
                """
                UPDATE disputes SET created_at = UTC_TIMESTAMP(6) - INTERVAL 90 DAY
                """)
            _ = office.stripe.decide(purchases[2].payment, "lost")
            office.stripe.meet(Self.refused, "/v1/disputes/")
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.found.map(\.purchaseID) == [purchases[2].id])
            #expect(result.unread.map(\.part) == [.stripe])
            #expect(result.unread.first?.problem.contains("cannot be read") == true)
            #expect(office.stripe.calls.count { $0.hasPrefix("GET /v1/disputes/") } >= 3)
            #expect(try office.reconciliation.run(now: office.later).unread == [])
        }
    }

    @Test func `while Stripe cannot be asked its part is unknown, and the others are compared`()
        throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            #expect(try office.open().map(\.purchaseID) == [purchase.id])
            _ = try office.video(.delivered, vendor: "failed")
            for path in ["/v1/checkout/sessions", "/v1/charges", "/v1/disputes"] {
                office.stripe.meet(.notSent, path)
                let result = try office.reconciliation.run(now: office.later)
                #expect(result.unread.map(\.part) == [.stripe])
                #expect(result.unread.first?.since != nil)
                #expect(!result.agrees)
                #expect(result.summary.contains("stripe unknown since 20"))
                // What was found before is not forgotten (R1), nor taken for gone.
                #expect(result.open.map(\.difference.kind) == [.payment, .task])
            }
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.isEmpty)
            #expect(result.found.map(\.kind) == [.payment])
        }
    }

    @Test func `books without a difference agree only when every part was read`() throws {
        try withOffice { office in
            #expect(try office.reconciliation.run(now: office.later).agrees)
            office.pollo.balance = nil
            let result = try office.reconciliation.run(now: office.later)
            #expect(result.unread.map(\.part) == [.balance])
            #expect(!result.agrees)
        }
    }

    @Test func `a vendor that does not answer is not waited for once for every task`() throws {
        try withOffice { office in
            for _ in 1...7 { _ = try office.video(.refunded, vendor: nil) }
            let result = try office.reconciliation.run(now: office.later)
            #expect(office.pollo.calls.count { $0.contains("task-") } == 5)
            #expect(result.unread.map(\.problem) == ["the vendor told of 0 of 7 tasks"])
        }
    }

    @Test func `a difference stays through later runs until it is gone by itself or closed`() throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            let video = try office.video(.refunded, vendor: "succeed", credit: "5")
            #expect(try office.open().map(\.kind) == [.payment, .task])
            // The task is compared once, and its loss is not forgotten.
            #expect(try office.run().map(\.kind) == [.payment])
            #expect(try office.open().map(\.kind) == [.payment, .task])
            try office.receive(event)
            #expect(try office.open().map(\.jobID) == [video])
            let loss = try office.db.openDifferences()[0].id
            try office.db.close(loss, by: Operator(userID: nil, reason: "paid by us"))
            #expect(try office.open() == [])
            #expect(try office.reconciliation.run(now: office.later).agrees)
        }
    }

    @Test func `a difference of the ledger is gone when it is put right`() throws {
        try withOffice { office in
            let user = try office.db.insertUser(credit: .dollars(1))
            func change(_ micros: Int) throws {
                try office.db.execute(
                    """
                    UPDATE wallets SET available_micros = available_micros + \(micros)
                    WHERE user_id = \(user)
                    """)
            }
            try change(1)
            let first = try office.open()
            try change(1)
            // The same ones, though their numbers are others now.
            #expect(try office.open().map(\.subject) == first.map(\.subject))
            #expect(first.contains { $0.subject.contains("\(user)") })
            try change(-2)
            #expect(try office.open() == [])
        }
    }
}

@Suite struct `What is compared with Pollo` {
    @Test func `what a task cost is learned from the vendor`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: "succeed", credit: "5.5")
            #expect(try office.run() == [])
            #expect(try office.db.job(video).actualCost == Money(micros: 385_000))
        }
    }

    @Test func `a cost that differs from what we knew is found, and corrected`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: "succeed", credit: "6")
            try office.db.execute(
                "UPDATE video_jobs SET actual_cost_micros = 350000 WHERE id = \(video)")
            #expect(
                try office.run() == [
                    Difference(
                        .task, job: video, amount: Money(cents: 7),
                        "cost $0.42 at the vendor, $0.35 in our books")
                ])
            #expect(try office.db.job(video).actualCost == Money(cents: 42))
        }
    }

    @Test(arguments: [("6", 42), (nil, 35)])
    func `a refunded video that the vendor made is a loss, shown to the operator`(
        credit: String?, cents: Int64
    ) throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: "succeed", credit: credit)
            #expect(
                try office.run() == [
                    Difference(
                        .task, job: video, amount: Money(cents: cents),
                        "refunded, but made and billed by the vendor")
                ])
            let job = try office.db.job(video)
            #expect(job.state == .refunded)
            #expect(job.lost == Money(cents: cents))
            #expect(job.actualCost == nil)
            let item = try office.db.attention().first { $0.kind == .vendorLoss }
            #expect(item?.subject == "\(video)")
            #expect(item?.amount == Money(cents: cents))
            // Each task is compared once.
            #expect(try office.run() == [])
            #expect(office.pollo.calls.count { $0.contains("task-") } == 1)
            try expectCleanBooks(office.db)
        }
    }

    @Test func `a delivered video that failed at the vendor is found`() throws {
        try withOffice { office in
            let video = try office.video(.delivered, vendor: "failed")
            #expect(
                try office.run() == [
                    Difference(.task, job: video, "delivered, but failed at the vendor")
                ])
        }
    }

    @Test(arguments: ["processing", nil])
    func `a task that the vendor does not tell the end of is asked for again`(
        status: String?
    ) throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: status)
            #expect(try office.run() == [])
            office.pollo.tasks["task-\(video)"] = ("succeed", "5")
            #expect(try office.run().map(\.jobID) == [video])
        }
    }

    @Test func `tasks that the vendor does not tell of come after the others (R4)`() throws {
        try withOffice { office in
            let silent = try (1...4).map { _ in try office.video(.refunded, vendor: nil) }
            #expect(try office.run() == [])
            let later = try office.video(.refunded, vendor: "succeed", credit: "5")
            try office.db.execute(
                """
                UPDATE video_jobs SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 70 SECOND
                WHERE id = \(later)
                """)
            let before = office.pollo.calls.count
            #expect(try office.run().map(\.jobID) == [later])
            #expect(office.pollo.calls.dropFirst(before).first?.contains("\(later)") == true)
            // Those that waited longest come first, and none is asked twice in one run.
            let asked = office.pollo.calls[(before + 1)...].filter { $0.contains("task-") }
            #expect(asked.count == 4)
            #expect(Set(asked).count == 4)
            #expect(silent.allSatisfy { job in asked.contains { $0.contains("\(job)") } })
        }
    }

    @Test func `a task that the vendor never tells of is named once it keeps no files`() throws {
        try withOffice { office in
            let video = try office.video(.refunded, vendor: nil)
            #expect(try office.run() == [])
            try office.db.execute(
                """
                UPDATE video_jobs SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 15 DAY
                WHERE id = \(video)
                """)
            #expect(try office.run().map(\.jobID) == [video])
            #expect(try office.run() == [])
            #expect(try office.open().map(\.jobID) == [video])
        }
    }

    @Test func `while a create call is under way the balance tells nothing (R2)`() throws {
        try withOffice { office in
            _ = try office.run()
            let user = try office.db.insertUser(credit: .dollars(1))
            let job = try office.db.insertJob(of: user)
            _ = try office.db.claimToSubmit()
            office.pollo.balance = "80"
            #expect(try office.run() == [])
            // Its end is known: now the fall is more than it cost.
            try office.db.execute(
                """
                UPDATE video_jobs SET state = 'submitted', task_id = 'task-x',
                    submitted_at = UTC_TIMESTAMP(6), lease_token = NULL, lease_until = NULL
                WHERE id = \(job)
                """)
            #expect(try office.run().map(\.kind) == [.balance])
        }
    }

    @Test func `videos without a task, open or just ended are not asked for`() throws {
        try withOffice { office in
            let user = try office.db.insertUser(credit: .dollars(3))
            let canceled = try office.db.insertJob(of: user)
            try office.db.cancel(canceled, of: user, policy: .test)
            _ = try office.db.insertJob(of: user)
            try office.db.advanceJob(to: .delivered, task: "task-new")
            _ = try office.db.insertJob(of: user)
            try office.db.advanceJob(to: .submitted, task: "task-open")
            #expect(try office.run() == [])
            #expect(office.pollo.calls == ["/credit/balance"])
        }
    }

    @Test func `a balance that fell by more than our tasks cost is found`() throws {
        try withOffice { office in
            office.pollo.balance = "100"
            #expect(try office.run() == [])
            // One video was submitted since: 5 credits. One credit more is not yet a difference.
            let video = try office.video(.delivered, vendor: "succeed", credit: "5")
            office.pollo.balance = "94"
            #expect(try office.run() == [])
            office.pollo.balance = "92.5"
            try office.db.execute(
                "UPDATE video_jobs SET submitted_at = '2026-01-01' WHERE id = \(video)")
            let found = try office.run()
            #expect(found.map(\.amount) == [Money(micros: 105_000)])
            #expect(
                found.map(\.detail)
                    == ["the vendor's balance fell by $0.105, our tasks cost $0.00"])
            // A top-up is none, and no answer is none.
            office.pollo.balance = "500"
            #expect(try office.run() == [])
            office.pollo.balance = nil
            #expect(try office.run() == [])
            office.pollo.balance = "499"
            #expect(try office.run() == [])
        }
    }
}

@Suite struct `What is written down of a comparison` {
    @Test func `a ledger that contradicts itself is found`() throws {
        try withOffice { office in
            let user = try office.db.insertUser(credit: .dollars(1))
            try office.db.execute(
                """
                UPDATE wallets SET available_micros = available_micros + 1 WHERE user_id = \(user)
                """)
            let found = try office.run()
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.kind == .ledger })
            #expect(found.contains { $0.detail.contains("\(user)") })
        }
    }

    @Test func `each difference can be read with its subject and its amount`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            _ = office.stripe.complete(purchase.session)
            let video = try office.video(.refunded, vendor: "succeed", credit: "5")
            _ = try office.run()
            let report = try office.db.lastReconciliation().orThrow("a report")
            #expect(report.differences == 2)
            #expect(report.finishedAt >= report.startedAt)
            let items = try JSONValue(parsing: Array(report.report.utf8)).array ?? []
            #expect(
                items == [
                    .object([
                        "kind": .string("payment"), "jobId": .null,
                        "purchaseId": .string("\(purchase.id)"),
                        "amount": try JSONValue(parsing: Array("9.99".utf8)),
                        "detail": .string("paid at Stripe by \(purchase.session), not credited"),
                    ]),
                    .object([
                        "kind": .string("task"), "jobId": .string("\(video)"),
                        "purchaseId": .null,
                        "amount": try JSONValue(parsing: Array("0.35".utf8)),
                        "detail": .string("refunded, but made and billed by the vendor"),
                    ]),
                ])
            // The next run replaces it.
            try office.receive(office.stripe.repeated(office.stripe.complete(purchase.session)))
            _ = try office.run()
            #expect(try office.db.lastReconciliation()?.report == "[]")
        }
    }
}
