import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Store
import Stripe
import Testing

@testable import Reconciliation

/// The books and both vendors', with what brings them in line.
struct Office {
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
        try Billing(
            database: db, stripe: stripe.client, policy: .test, seller: .test, log: log
        ).receive(event)
    }

    func purchase(_ package: String = "starter") throws -> Purchase {
        let purchase = try db.insertPurchase(package, of: db.insertAccount())
        stripe.open(purchase)
        return purchase
    }

    func buy(_ package: String = "starter") throws -> Purchase {
        let purchase = try purchase(package)
        try receive(stripe.complete(purchase.session))
        return purchase
    }

    /// A purchase that was paid so long ago.
    func buy(daysAgo days: Int) throws -> Purchase {
        let purchase = try db.insertPurchase(of: db.insertAccount())
        stripe.open(purchase, createdAt: stripe.now - days * 86_400)
        try receive(stripe.complete(purchase.session))
        try db.execute(
            """
            UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
            WHERE id = \(purchase.id)
            """)
        return purchase
    }

    /// A $1.00 video that ended two minutes ago, whose task stands so at the vendor and cost so many
    /// hundredths of a credit; nil where the vendor does not tell.
    func video(
        _ state: VideoState, vendor standing: TinyPollo.Standing?, hundredths: Int? = nil
    ) throws -> VideoID {
        let account = try db.insertAccount(credit: .dollars(1))
        let job = try db.insertJob(of: account)
        let task = "task-\(job)"
        try db.advanceJob(to: state, task: task)
        pollo.tell(task, standing, hundredths: hundredths)
        try db.execute(
            """
            UPDATE video_jobs
            SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE, actual_cost_micros = NULL
            WHERE id = \(job)
            """)
        return job
    }
}

func withOffice(_ body: (Office) throws -> Void) throws {
    try withDatabase { db in
        let office = Office(db: db)
        office.stripe.serve(try db.installation())
        try body(office)
    }
}

extension Purchase {
    var session: String { sessionID ?? "" }
    var payment: String { "pi_\(session)" }
}
