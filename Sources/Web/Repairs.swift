import Billing
import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import Store
import Stripe
import Texts

/// The commands that repair the books (A4), each a posting of its own under the caller's
/// `Idempotency-Key`, with a `reason` and a line in the log.
///
/// With `dryRun` they tell what they would change and change nothing. All answer 200 and
/// `{outcome, changes}`; 202 when the command is above $100.00 and waits for a second operator, who
/// sends the same under the same key.
enum Repairs {
    /// `POST /api/admin/accounts/:id/rebuild`: makes what follows from the ledger anew.
    static func rebuild(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let command = try Command(request, user)
        try command.reader.finish()
        return try answer(
            context.database.rebuild(
                context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// `POST /api/admin/accounts/:id/adjustment`: gives credit (`amount` above zero) or takes given
    /// credit back (below zero), or takes back the effect of the ledger that `reverse` names.
    static func adjust(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        var command = try Command(request, user)
        let wrong = command.reader.string("reverse", maxLength: 240)
        let amount = try command.amount(mayBeNegative: true)
        if (wrong == nil) == (amount == nil) {
            command.reader.refuse("amount", .amountOrEffectNeeded)
        }
        try command.reader.finish()
        if let wrong {
            return try answer(
                context.database.reverse(
                    wrong, of: context.id(), by: command.actor, isRehearsal: command.isRehearsal))
        }
        return try answer(
            context.database.adjust(
                amount ?? .zero, of: context.id(), policy: context.settings.creditPolicy,
                by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// `POST /api/admin/accounts/:id/take`: takes `amount` of given credit back.
    static func take(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        var command = try Command(request, user)
        let amount = try command.amount(mayBeNegative: false)
        if amount == nil { command.reader.refuse("amount", .dollarsMalformed) }
        try command.reader.finish()
        return try answer(
            context.database.takeCredit(
                amount ?? .zero, from: context.id(), reason: command.actor.reason, take: .new(),
                by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// `POST /api/admin/accounts/:id/waiver`: forgives a debt: `amount` of it, or all.
    static func waive(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let command = try Command(request, user)
        let amount = try command.amount(mayBeNegative: false)
        try command.reader.finish()
        return try answer(
            context.database.waive(
                amount, of: context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// `POST /api/admin/purchases/:id/credit`: credits an order whose payment does not fit it. 409
    /// when Stripe does not say that it is paid, 502 when Stripe does not answer: nothing is done.
    static func credit(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        try askStripe(request, context, user) { try $0.creditByHand($1, by: $2, isRehearsal: $3) }
    }

    /// `POST /api/admin/purchases/:id/refresh`: reads what went back of a paid order from Stripe
    /// anew, and brings its credit in line. 409 and 502 as above.
    static func refresh(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        try askStripe(request, context, user) { try $0.refresh($1, by: $2, isRehearsal: $3) }
    }

    private static func askStripe(
        _ request: Request, _ context: Context, _ user: User,
        _ body: (Billing, PurchaseID, Operator, Bool) throws -> CommandReport
    ) throws -> Response {
        let command = try Command(request, user)
        try command.reader.finish()
        let log = context.site.logger(for: request)
        do {
            return try answer(
                context.withBilling(log) { billing in
                    try body(billing, context.id(), command.actor, command.isRehearsal)
                })
        } catch let error as StripeError {
            log.error("stripe: no look at a payment", metadata: ["error": "\(error)"])
            throw VendorUnavailable()
        }
    }

    /// `POST /api/admin/purchases/:id/closure`: closes an order whose payment does not fit it.
    static func close(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let command = try Command(request, user)
        try command.reader.finish()
        return try answer(
            context.database.closePurchase(
                context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// `POST /api/admin/findings/:id/closure`: closes what the auditor found, which then stops
    /// nothing while it stays as it is. Answers 204, and again for the same key; 409 when it is
    /// closed or gone.
    static func closeFinding(
        _ request: Request, _ context: Context, _ user: User
    ) throws -> Response {
        let command = try Command(request, user)
        try command.reader.finish()
        try context.database.close(context.id() as FindingID, by: command.actor)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    private static func answer(_ report: CommandReport) -> Response {
        .json(report.outcome == .waits ? .accepted : .ok) { json in
            json.member("outcome", report.outcome.rawValue)
            json.key("changes")
            json.beginArray()
            for change in report.changes { json.string(change) }
            json.endArray()
        }
    }

    /// What all of these take.
    private struct Command {
        let actor: Operator
        let isRehearsal: Bool
        var reader: FieldReader
        private let body: [String: JSONValue]

        /// Throws ``InvalidInput`` without a reason, or without a key.
        init(_ request: Request, _ user: User) throws {
            body = try request.jsonObject()
            guard let key = try request.clientKey(body: [])?.key else {
                throw InvalidInput("Idempotency-Key", .keyMissing)
            }
            actor = try Operator(userID: user.id, reason: body["reason"]?.string, key: key)
            switch body["dryRun"] {
            case nil, .null: isRehearsal = false
            case .bool(let isOn): isRehearsal = isOn
            default: throw InvalidInput("dryRun", .sendBoolean)
            }
            reader = FieldReader(body)
        }

        /// Dollars to the micro-dollar; nil when none are sent.
        func amount(mayBeNegative: Bool) throws -> Money? {
            let money: Money?
            switch body["amount"] {
            case nil, .null: return nil
            case .integer(let dollars) where (-1_000_000...1_000_000).contains(dollars):
                money = Money(micros: dollars * 1_000_000)
            case .number(let dollars): money = Money(dollars: "\(dollars)")
            default: money = nil
            }
            guard let money, money != .zero, mayBeNegative || money > .zero,
                abs(money.micros) <= 1_000_000_000_000
            else { throw InvalidInput("amount", .dollarsMalformed) }
            return money
        }
    }
}
