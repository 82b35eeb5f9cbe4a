package import Domain
package import FoundationEssentials
import JSON
package import Logging
package import MariaDB
package import Pollo
import Store
package import Stripe

/// A place where our books and a vendor's disagree.
package struct Difference: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// The ledger contradicts itself.
        case ledger
        /// Stripe has a payment that was not credited, or the other way round.
        case payment
        case refund
        case dispute
        /// A task ended otherwise at the vendor, or cost something else.
        case task
        /// The vendor's balance fell by more than our tasks cost.
        case balance
    }

    package let kind: Kind
    package let jobID: VideoID?
    package let purchaseID: PurchaseID?
    package let amount: Money?
    package let detail: String

    init(
        _ kind: Kind, job: VideoID? = nil, purchase: PurchaseID? = nil, amount: Money? = nil,
        _ detail: String
    ) {
        self.kind = kind
        jobID = job
        purchaseID = purchase
        self.amount = amount
        self.detail = detail
    }
}

/// Compares the ledger with the jobs, with Stripe and with Pollo. It reads, and writes down only
/// what vendors told of costs; it never moves money.
package struct Reconciliation {
    let database: Connection
    let stripe: StripeClient
    let pollo: PolloClient
    /// What one credit of the vendor costs us.
    let vendorCredit: Money
    let log: Logger

    package init(
        database: Connection, stripe: StripeClient, pollo: PolloClient, vendorCredit: Money,
        log: Logger
    ) {
        self.database = database
        self.stripe = stripe
        self.pollo = pollo
        self.vendorCredit = vendorCredit
        self.log = log
    }

    /// Compares all there is and stores the result. Throws when Stripe or the database cannot be
    /// asked; a vendor that does not tell about one task is asked again by the next run.
    ///
    /// - Parameter end: when no further task is asked for; the next run goes on with the rest.
    package func run(
        now: Date, until end: ContinuousClock.Instant? = nil
    ) throws -> [Difference] {
        let startedAt = try database.databaseTime()
        var found = try database.audit().map { Difference(.ledger, "\($0.rule): \($0)") }
        found += try comparePayments(since: now.addingTimeInterval(-30 * 86_400))
        found += try compareTasks(until: end)
        let balance = try? pollo.balance()
        if let balance { found += try compareBalance(balance) }
        try database.insertReconciliation(
            .new(), startedAt: startedAt, differences: found.count, report: json(of: found),
            polloHundredths: balance?.availableHundredths)
        for difference in found {
            log.error(
                "a difference",
                metadata: [
                    "kind": "\(difference.kind.rawValue)", "detail": "\(difference.detail)",
                    "job": "\(difference.jobID?.description ?? "-")",
                    "purchase": "\(difference.purchaseID?.description ?? "-")",
                    "amount": "\(difference.amount?.description ?? "-")",
                ])
        }
        return found
    }

    private func json(of differences: [Difference]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for difference in differences {
            json.beginObject()
            json.member("kind", difference.kind.rawValue)
            json.member("jobId", difference.jobID?.description)
            json.member("purchaseId", difference.purchaseID?.description)
            json.key("amount")
            json.literal(difference.amount?.json ?? "null")
            json.member("detail", difference.detail)
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: Stripe

    private func comparePayments(since start: Date) throws -> [Difference] {
        let sessions = try all { after in
            try stripe.completedSessions(createdFrom: start, after: after)
        } id: {
            $0.id
        }
        let charges = try all { after in
            try stripe.charges(createdFrom: start, after: after)
        } id: {
            $0.id
        }
        let refunds = try all { after in
            try stripe.refunds(createdFrom: start, after: after)
        } id: {
            $0.id
        }
        let disputes = try all { after in
            try stripe.disputes(createdFrom: start, after: after)
        } id: {
            $0.id
        }
        let orders = try database.ordersToReconcile()
        // Charges, refunds and disputes are ours when the payment is one of our orders'.
        let mark = try StripeMark(installation: "\(database.installation())")
        return compare(sessions.filter { mark.isOn($0.metadata) }, with: orders, since: start)
            + compare(charges, with: orders)
            + (try compare(refunds, except: charges)) + (try compare(disputes))
    }

    private func compare(
        _ sessions: [CheckoutSession], with orders: [PaidOrder], since start: Date
    ) -> [Difference] {
        let byID = Dictionary(
            orders.map { ($0.id.description, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [Difference] = []
        var paid: Set<String> = []
        for session in sessions where session.paymentStatus == .paid {
            let amount = Money(cents: Int64(session.amountTotal ?? 0))
            guard let reference = session.clientReferenceID else { continue }
            paid.insert(reference)
            guard let order = byID[reference] else {
                found.append(
                    Difference(
                        .payment, amount: amount,
                        "Stripe has the paid session \(session.id) of an order that is not here"))
                continue
            }
            if !order.isPaid {
                found.append(
                    Difference(
                        .payment, purchase: order.id, amount: amount,
                        "paid at Stripe by \(session.id), not credited"))
            } else if amount != order.price {
                found.append(
                    Difference(
                        .payment, purchase: order.id, amount: amount - order.price,
                        "paid \(amount) for a price of \(order.price)"))
            }
        }
        // A session is made after its order, so that of an older order may not be on the list.
        for order in orders
        where order.isPaid && order.createdAt > start && !paid.contains(order.id.description) {
            found.append(
                Difference(
                    .payment, purchase: order.id, amount: -order.price,
                    "credited, but Stripe lists no paid session"))
        }
        return found
    }

    private func compare(_ charges: [StripeCharge], with orders: [PaidOrder]) -> [Difference] {
        let byPayment = Dictionary(
            orders.compactMap { order in order.paymentIntent.map { ($0, order) } },
            uniquingKeysWith: { first, _ in first })
        return charges.compactMap { charge in
            charge.paymentIntent.flatMap { byPayment[$0] }.flatMap { difference(charge, $0) }
        }
    }

    /// Refunds of the last days of older payments, whose charges are therefore not on the list.
    private func compare(
        _ refunds: [StripeRefund], except charges: [StripeCharge]
    ) throws -> [Difference] {
        let older = Set(refunds.compactMap(\.paymentIntent))
            .subtracting(charges.compactMap(\.paymentIntent))
        return try older.sorted().compactMap { payment in
            guard let order = try database.orderToReconcile(paymentIntent: payment),
                let charge = try stripe.paidCharge(ofPaymentIntent: payment)
            else { return nil }
            return difference(charge, order)
        }
    }

    private func difference(_ charge: StripeCharge, _ order: PaidOrder) -> Difference? {
        let refunded = Money(cents: Int64(charge.amountRefunded))
        guard refunded != order.refunded else { return nil }
        return Difference(
            .refund, purchase: order.id, amount: refunded - order.refunded,
            "Stripe has refunded \(refunded), we know of \(order.refunded)")
    }

    /// Disputes come months after their payment, so their orders are looked up one by one.
    private func compare(_ disputes: [StripeDispute]) throws -> [Difference] {
        let known = try database.disputesToReconcile()
        return try disputes.compactMap { dispute in
            guard known[dispute.id] != dispute.facts, let payment = dispute.paymentIntent,
                let order = try database.purchase(paymentIntent: payment)
            else { return nil }
            return Difference(
                .dispute, purchase: order.id, amount: dispute.facts.amount,
                "the dispute \(dispute.id) is \(dispute.facts.standing.rawValue) at Stripe")
        }
    }

    /// All pages of a list; Stripe's own limit of reads is far beyond these.
    private func all<Item>(
        _ page: (String?) throws -> StripeList<Item>, id: (Item) -> String
    ) throws -> [Item] {
        var items: [Item] = []
        while items.count < 100_000 {
            let next = try page(items.last.map(id))
            items += next.data
            guard next.hasMore, !next.data.isEmpty else { break }
        }
        return items
    }

    // MARK: Pollo

    private func compareTasks(until end: ContinuousClock.Instant?) throws -> [Difference] {
        var found: [Difference] = []
        var failures = 0
        for task in try database.tasksToReconcile(limit: 500) {
            if let end, ContinuousClock.now >= end { break }
            guard let answer = try? pollo.status(of: task.taskID) else {
                failures += 1
                // A vendor that is away says nothing about any of them.
                if failures == 5 { break }
                continue
            }
            failures = 0
            let cost = answer.creditHundredths.map { hundredths in
                Money(micros: vendorCredit.micros / 100 * Int64(hundredths))
            }
            let isMade =
                switch answer.state {
                case .succeeded, .succeededWithoutURL: true
                case .inProgress, .failed: false
                }
            if case .inProgress = answer.state { continue }
            var lost: Money?
            if task.isDelivered, !isMade {
                found.append(
                    Difference(.task, job: task.id, "delivered, but failed at the vendor"))
            } else if !task.isDelivered, isMade {
                lost = cost ?? task.estimatedCost
                found.append(
                    Difference(
                        .task, job: task.id, amount: lost,
                        "refunded, but made and billed by the vendor"))
            } else if let cost, let known = task.actualCost, cost != known {
                found.append(
                    Difference(
                        .task, job: task.id, amount: cost - known,
                        "cost \(cost) at the vendor, \(known) in our books"))
            }
            try database.reconciled(task, actualCost: task.isDelivered ? cost : nil, lost: lost)
        }
        return found
    }

    /// The balance may rise by a top-up at any time, so only a fall beyond our tasks tells.
    private func compareBalance(_ balance: PolloBalance) throws -> [Difference] {
        guard let last = try database.lastPolloBalance() else { return [] }
        let fall = last.hundredths - balance.availableHundredths
        let cost = try database.vendorCost(since: last.at)
        let fallen = Money(micros: vendorCredit.micros / 100 * Int64(fall))
        let tolerance = Money(micros: vendorCredit.micros)
        guard fallen > cost + tolerance else { return [] }
        return [
            Difference(
                .balance, amount: fallen - cost,
                "the vendor's balance fell by \(fallen), our tasks cost \(cost)")
        ]
    }
}
