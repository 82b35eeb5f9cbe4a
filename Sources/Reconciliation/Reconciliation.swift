package import Domain
package import FoundationEssentials
import JSON
package import Logging
package import MariaDB
package import Pollo
package import Store
package import Stripe

/// What a comparison has come to.
package struct ReconciliationResult: Sendable {
    /// What this run found, new or not.
    package let found: [Difference]
    /// What could not be read, so that nothing is known of it.
    package let unread: [UnreadPart]
    /// All that nobody has closed, from earlier runs too.
    package let open: [OpenDifference]

    package var agrees: Bool { unread.isEmpty && open.isEmpty }

    /// One line for people.
    package var summary: String {
        guard !agrees else { return "the books agree" }
        let parts = unread.map { part in
            "\(part.part.rawValue) unknown since \(part.since?.formatted(.iso8601) ?? "ever")"
        }
        return (open.isEmpty ? parts : ["\(open.count) differences"] + parts)
            .joined(separator: "; ")
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

    /// Compares all there is and stores the result. A part that cannot be read keeps no other back
    /// and is called unknown; throws when the database cannot be asked.
    ///
    /// - Parameter end: when no further task is asked for; the next run goes on with the rest.
    package func run(
        now: Date, until end: ContinuousClock.Instant? = nil
    ) throws -> ReconciliationResult {
        let startedAt = try database.databaseTime()
        var found: [Difference] = []
        var examined: [DifferenceKind: Set<String>] = [:]
        func compare(_ part: ReconciliationPart, _ body: () throws -> Comparison) throws {
            let comparison: Comparison
            do {
                comparison = try body()
            } catch let error as DatabaseError {
                throw error
            } catch {
                log.error(
                    "a part could not be compared",
                    metadata: ["part": "\(part.rawValue)", "error": "\(error)"])
                return try database.note(part, problem: "\(error)")
            }
            found += comparison.found
            examined.merge(comparison.examined) { $0.union($1) }
            try database.note(part, problem: comparison.problem)
        }
        try compare(.ledger, compareLedger)
        try compare(.stripe) { try comparePayments(since: now.addingTimeInterval(-30 * 86_400)) }
        try compare(.tasks) { try compareTasks(until: end) }
        var balance: PolloBalance?
        try compare(.balance) {
            let told = try pollo.balance()
            balance = told
            return try Comparison(found: compareBalance(told, at: startedAt))
        }
        try database.insertReconciliation(
            .new(), startedAt: startedAt, differences: found.count, report: json(of: found),
            polloHundredths: balance?.availableHundredths)
        try database.record(found, examined: examined)
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
        return ReconciliationResult(
            found: found, unread: try database.unreadParts(), open: try database.openDifferences())
    }

    /// What one part has come to.
    private struct Comparison {
        var found: [Difference]
        /// The objects that were looked at: what was open of them and is not found is gone.
        var examined: [DifferenceKind: Set<String>] = [:]
        /// Why not all of it could be read.
        var problem: String?
    }

    /// Each violation is about the object that its text begins with; all objects are looked at.
    private func compareLedger() throws -> Comparison {
        let found = try database.audit().map { violation in
            let object = violation.description.prefix { $0 != ":" }.split(separator: " ").prefix(2)
            return Difference(
                .ledger, subject: "\(violation.rule) \(object.joined(separator: " "))",
                "\(violation.rule): \(violation)")
        }
        let open = try database.openDifferences().map(\.difference).filter { $0.kind == .ledger }
        return Comparison(found: found, examined: [.ledger: Set(open.map(\.subject))])
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

    private func comparePayments(since start: Date) throws -> Comparison {
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
        var refunded: Set<String> = []
        let found =
            compare(sessions.filter { mark.isOn($0.metadata) }, with: orders, since: start)
            + compare(charges, with: orders, &refunded)
            + (try compare(refunds, except: charges, &refunded)) + (try compare(disputes))
        let listed = orders.filter { $0.createdAt > start }.map { "\($0.id)" }
        return Comparison(
            found: found,
            examined: [
                .payment: Set(listed).union(sessions.map(\.id)), .refund: refunded,
                .dispute: Set(disputes.map(\.id)),
            ])
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
                        .payment, subject: session.id, amount: amount,
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

    /// Adds the orders that were looked at to `examined`. A card that was declined before the one
    /// that paid is a charge too, of which nothing can go back (P6).
    private func compare(
        _ charges: [StripeCharge], with orders: [PaidOrder], _ examined: inout Set<String>
    ) -> [Difference] {
        let byPayment = Dictionary(
            orders.compactMap { order in order.paymentIntent.map { ($0, order) } },
            uniquingKeysWith: { first, _ in first })
        return charges.compactMap { charge in
            guard charge.status == .succeeded, let payment = charge.paymentIntent,
                let order = byPayment[payment]
            else { return nil }
            examined.insert("\(order.id)")
            return difference(charge, order)
        }
    }

    /// Refunds of the last days of older payments, whose charges are therefore not on the list.
    private func compare(
        _ refunds: [StripeRefund], except charges: [StripeCharge], _ examined: inout Set<String>
    ) throws -> [Difference] {
        let older = Set(refunds.compactMap(\.paymentIntent))
            .subtracting(charges.compactMap(\.paymentIntent))
        return try older.sorted().compactMap { payment in
            guard let order = try database.orderToReconcile(paymentIntent: payment),
                let charge = try stripe.paidCharge(ofPaymentIntent: payment)
            else { return nil }
            examined.insert("\(order.id)")
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
                .dispute, subject: dispute.id, purchase: order.id, amount: dispute.facts.amount,
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

    /// A task is compared once, so what is found of it stays until a person closes it.
    private func compareTasks(until end: ContinuousClock.Instant?) throws -> Comparison {
        var found: [Difference] = []
        let tasks = try database.tasksToReconcile(limit: 500)
        var told = 0
        var silence = 0
        for task in tasks {
            if let end, ContinuousClock.now >= end { break }
            guard let answer = try? pollo.status(of: task.taskID) else {
                // A vendor that is away says nothing about any of them.
                silence += 1
                if silence == 5 { break }
                continue
            }
            silence = 0
            told += 1
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
                found.append(.loss(of: task.id, lost))
            } else if let cost, let known = task.actualCost, cost != known {
                found.append(
                    Difference(
                        .task, job: task.id, amount: cost - known,
                        "cost \(cost) at the vendor, \(known) in our books"))
            }
            try database.reconciled(task, actualCost: task.isDelivered ? cost : nil, lost: lost)
        }
        let problem = "the vendor told of \(told) of \(tasks.count) tasks"
        return Comparison(found: found, problem: told == tasks.count ? nil : problem)
    }

    /// The balance may rise by a top-up at any time, so only a fall beyond our tasks tells.
    private func compareBalance(
        _ balance: PolloBalance, at instant: Date
    ) throws -> [Difference] {
        guard let last = try database.lastPolloBalance() else { return [] }
        let fall = last.hundredths - balance.availableHundredths
        let cost = try database.vendorCost(since: last.at)
        let fallen = Money(micros: vendorCredit.micros / 100 * Int64(fall))
        let tolerance = Money(micros: vendorCredit.micros)
        guard fallen > cost + tolerance else { return [] }
        return [
            Difference(
                .balance, subject: instant.formatted(.iso8601), amount: fallen - cost,
                "the vendor's balance fell by \(fallen), our tasks cost \(cost)")
        ]
    }
}
