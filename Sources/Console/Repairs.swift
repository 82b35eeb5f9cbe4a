import API
import Billing
import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import Store
import Texts
import Web

extension Inputs {
    fileprivate static let wrongEffect = Input.text(
        "reverse", "An effect of the ledger, by its name.", atMost: 240, isRequired: false)

    fileprivate static let isRehearsal = Input.flag(
        "dryRun", "Tell what it would change, and change nothing.")

    /// Dollars to the micro-dollar, a million at most.
    fileprivate static func amount(
        isRequired: Bool, mayBeNegative: Bool = false, example: String? = nil
    ) -> Input<Money> {
        Input<Money>("amount", as: .dollars, isRequired: isRequired, example: example) {
            reader, name in
            guard let value = reader.value(name) else { return nil }
            if let money = Money(value), money != .zero, mayBeNegative || money > .zero,
                abs(money.micros) <= 1_000_000_000_000
            {
                return money
            }
            reader.refuse(name, .dollarsMalformed)
            return nil
        }
    }

    fileprivate static let adjustment = amount(
        isRequired: false, mayBeNegative: true, example: "4.5")
    fileprivate static let taken = amount(isRequired: true, example: "5")
    fileprivate static let waived = amount(isRequired: false)
}

/// The commands that repair the books (A4), each a posting of its own under the caller's
/// `Idempotency-Key`, with a `reason` and a line in the log.
///
/// With `dryRun` they tell what they would change and change nothing. All answer 200 and
/// `{outcome, changes}`; 202 when the command is above $100.00 and waits for a second operator, who
/// sends the same under the same key.
enum Repairs {
    static let routes: [Route] = .part(
        "Administration",
        [
            command(
                "accounts/:id/rebuild", "rebuildAccount",
                takes: Body(
                    "Command", example: #"{"reason":"finding L4","dryRun":true}"#,
                    Inputs.anyReason, Inputs.isRehearsal),
                "Makes an account's balances, lots and lines anew from the ledger", rebuild),
            command(
                "accounts/:id/adjustment", "adjustAccount",
                takes: Body(
                    "Adjustment", Inputs.reason("credited once too little"), Inputs.adjustment,
                    Inputs.isRehearsal, Inputs.wrongEffect),
                "Gives or takes credit to put the books right, or takes an effect of the ledger "
                    + "back", adjust),
            command(
                "accounts/:id/take", "takeCredit",
                takes: Body(
                    "Taking", Inputs.reason("given twice"), Inputs.taken, Inputs.isRehearsal),
                "Takes credit back that was given and is not spent", take),
            command(
                "accounts/:id/waiver", "waiveDebt",
                takes: Body(
                    "Waiver", Inputs.reason("our mistake"), Inputs.waived, Inputs.isRehearsal),
                "Forgives a debt, or a part of it", waive),
            command(
                "purchases/:id/credit", "creditPurchase", takes: plain("paid in full by the bank"),
                refuses: [.vendorUnavailable, .stripeBusy],
                "Credits a purchase although its payment does not fit it", credit),
            command(
                "purchases/:id/refresh", "refreshPurchase", takes: plain("finding P6"),
                refuses: [.vendorUnavailable, .stripeBusy],
                "Reads from Stripe what went back of a purchase, and takes its credit", refresh),
            command(
                "purchases/:id/closure", "closePurchase", takes: plain("money went back at Stripe"),
                "Closes a purchase whose payment does not fit it", close),
            Route(
                .post, "/api/admin/findings/:id/closure", "closeFinding",
                by: .operator(.repairBooks), with: [.neededCommandKey],
                takes: plain("known, and harmless"),
                answers: [.nothing("It is shown no more while it stays.")], refuses: [.conflict],
                "Closes what the auditor found: it stops nothing while it stays as it is",
                closeFinding),
        ])

    private static func command(
        _ path: String, _ id: String, takes body: Body, refuses refusals: [Refusal] = [],
        _ summary: String, _ handler: @escaping CallerHandler
    ) -> Route {
        Route(
            .post, "/api/admin/\(path)", id, by: .operator(.repairBooks),
            with: [.neededCommandKey], takes: body,
            answers: [
                .ok(CommandReport.self, "Done, done before, or what it would do."),
                .accepted(
                    CommandReport.self,
                    "Above \(largestSoloAmount) a second operator sends the same, by the same key.",
                    example: #"{"outcome":"waits","changes":[]}"#),
            ], refuses: [.conflict] + refusals, summary, handler)
    }

    private static func plain(_ reason: String) -> Body {
        Body("Command", Inputs.reason(reason), Inputs.isRehearsal)
    }

    private static func rebuild(_ context: Context, _ caller: Caller) throws -> Response {
        let command = try Command(context, caller)
        return try answer(
            context.database.rebuild(
                context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// Gives credit (`amount` above zero) or takes given credit back (below zero), or takes back the
    /// effect of the ledger that `reverse` names.
    private static func adjust(_ context: Context, _ caller: Caller) throws -> Response {
        var command = try Command(context, caller)
        let wrong = command.reader.read(Inputs.wrongEffect)
        let amount = command.reader.read(Inputs.adjustment)
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

    private static func take(_ context: Context, _ caller: Caller) throws -> Response {
        var command = try Command(context, caller)
        let amount = command.reader.read(Inputs.taken)
        if amount == nil { command.reader.refuse("amount", .dollarsMalformed) }
        try command.reader.finish()
        return try answer(
            context.database.takeCredit(
                amount ?? .zero, from: context.id(), reason: command.actor.reason, take: .new(),
                by: command.actor, isRehearsal: command.isRehearsal))
    }

    private static func waive(_ context: Context, _ caller: Caller) throws -> Response {
        var command = try Command(context, caller)
        let amount = command.reader.read(Inputs.waived)
        try command.reader.finish()
        return try answer(
            context.database.waive(
                amount, of: context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// 409 when Stripe does not say that it is paid, 502 when Stripe does not answer: nothing is
    /// done.
    private static func credit(_ context: Context, _ caller: Caller) throws -> Response {
        try askStripe(context, caller) { try $0.creditByHand($1, by: $2, isRehearsal: $3) }
    }

    private static func refresh(_ context: Context, _ caller: Caller) throws -> Response {
        try askStripe(context, caller) { try $0.refresh($1, by: $2, isRehearsal: $3) }
    }

    private static func askStripe(
        _ context: Context, _ caller: Caller,
        _ body: (Billing, PurchaseID, Operator, Bool) throws -> CommandReport
    ) throws -> Response {
        let command = try Command(context, caller)
        return try answer(
            context.withBilling(context.log) { billing in
                try body(billing, context.id(), command.actor, command.isRehearsal)
            })
    }

    private static func close(_ context: Context, _ caller: Caller) throws -> Response {
        let command = try Command(context, caller)
        return try answer(
            context.database.closePurchase(
                context.id(), by: command.actor, isRehearsal: command.isRehearsal))
    }

    /// Closes what the auditor found, which then stops nothing while it stays as it is. 409 when it
    /// is closed or gone.
    private static func closeFinding(_ context: Context, _ caller: Caller) throws -> Response {
        let command = try Command(context, caller)
        try context.database.close(context.id() as FindingID, by: command.actor)
        return .nothing
    }

    private static func answer(_ report: CommandReport) -> Response {
        .json(report.outcome == .waits ? .accepted : .ok, report)
    }

    /// What all of these take.
    private struct Command {
        let actor: Operator
        let isRehearsal: Bool
        var reader: FieldReader

        /// Throws ``InvalidInput`` without a reason or a key, or when `dryRun` is no flag.
        init(_ context: Context, _ caller: Caller) throws {
            guard let key = try context.request.clientKey(body: [], of: caller)?.key else {
                throw InvalidInput("Idempotency-Key", .keyMissing)
            }
            reader = context.body.reader
            actor = try Operator(caller, reason: reader.read(Inputs.anyReason), key: key)
            isRehearsal = reader.read(Inputs.isRehearsal) ?? false
            try reader.finish()
        }
    }
}
