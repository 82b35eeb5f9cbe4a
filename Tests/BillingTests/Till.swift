import Billing
import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

/// The shop as buyers meet it: the real billing on a real database, with Stripe in memory.
struct Till {
    let db: Connection
    let stripe: TinyStripe
    let billing: Billing

    init(_ db: Connection, _ stripe: TinyStripe = TinyStripe()) throws {
        self.db = db
        self.stripe = stripe
        if let installation = try? db.installation() { stripe.serve(installation) }
        billing = try Billing(
            database: db, stripe: stripe.client, policy: .test, seller: .test,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A purchase whose session is open.
    func purchase(_ package: String = "starter", for account: AccountID) throws -> Purchase {
        let purchase = try db.insertPurchase(package, of: account)
        stripe.open(purchase)
        return purchase
    }

    /// A purchase that was paid, and credited by its webhook.
    @discardableResult
    func buy(_ package: String = "starter", for account: AccountID) throws -> Purchase {
        let purchase = try purchase(package, for: account)
        try billing.receive(stripe.complete(purchase.session))
        return try db.purchase(purchase.id).orThrow("the purchase")
    }

    /// Videos for `dollars` that are in the queue.
    @discardableResult
    func hold(_ dollars: Int, of account: AccountID) throws -> [VideoID] {
        var jobs: [VideoID] = []
        var rest = dollars
        while rest > 0 {
            let order = try db.order("economy", seconds: rest > 1 ? 10 : 5)
            try db.accept(order, from: account)
            jobs.append(order.videos[0].id)
            rest -= 2
        }
        return jobs
    }

    /// Delivers the video that is next in the queue: what it held is spent.
    func deliverNext() throws {
        try db.advanceJob(to: .delivered, task: "task-\(VideoID.new())")
    }

    func spend(_ dollars: Int, of account: AccountID) throws {
        for _ in try hold(dollars, of: account) { try deliverNext() }
    }

    func cancel(_ job: VideoID, of account: AccountID) throws {
        try db.cancel(job, of: account, policy: .test)
    }

    /// Receives an event, and expects sound books after it.
    func receive(
        _ event: StripeEvent, of purchase: Purchase,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try billing.receive(event)
        try db.expectSound(purchase.id, sourceLocation: sourceLocation)
    }

    func state(of purchase: Purchase) throws -> Purchase.State? {
        try db.purchase(purchase.id)?.state
    }

    func available(to account: AccountID) throws -> Money { try db.balance(of: account).available }
}

/// Runs `body` in the shop, in a transaction that is rolled back.
func withTill(_ body: (Till) throws -> Void) throws {
    try withDatabase { db in try body(Till(db)) }
}

extension Purchase {
    var session: String { sessionID ?? "cs_\(id)" }
    /// As ``TinyStripe`` names it.
    var payment: String { "pi_\(session)" }
    var cents: Int { Int(price.cents ?? 0) }
}

extension Money {
    /// `6.67` dollars.
    static func cents(_ cents: Int64) -> Money { Money(cents: cents) }
}

/// All orders of the items.
func permutations<Item>(of items: [Item]) -> [[Item]] {
    guard let first = items.first else { return [[]] }
    return permutations(of: Array(items.dropFirst())).flatMap { rest in
        (0...rest.count).map { Array(rest.prefix($0)) + [first] + Array(rest.dropFirst($0)) }
    }
}
