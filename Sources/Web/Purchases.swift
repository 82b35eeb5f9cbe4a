import API
import Billing
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import Store
import Stripe
import Texts

extension Inputs {
    fileprivate static let packageID = Input.plain("packageId", example: "pro")
}

/// Purchases of credit, paid on Stripe's page.
enum Purchases {
    static let routes: [Route] = .part(
        "Credits",
        [
            Route(
                .post, "/api/credits/purchase", "purchaseCredits", by: .caller(.buyCredits),
                with: [.idempotencyKey],
                takes: Body("PurchaseOrder", Inputs.packageID, Inputs.terms),
                answers: [.created(CheckoutAnswer.self, "Send the buyer to `url`.")],
                refuses: [.rateLimited, .vendorUnavailable, .orderKept, .paused],
                "Orders a package, to be paid on Stripe's page", create),
            Route(
                .get, "/api/credits/purchases", "listPurchases", by: .caller(.readCredits),
                with: [status] + [Parameter].page,
                answers: [.ok(PageAnswer<Purchase>.self, "A page.")],
                "The account's purchases, newest first", index),
            Route(
                .get, "/api/credits/purchases/:id", "showPurchase", by: .caller(.readCredits),
                answers: [.ok(Purchase.self, "Asked of Stripe while it is open.")],
                "How an order stands", show),
        ])

    private static let status = Parameter.query(
        "status", as: .words(Purchase.State.allCases.map(\.rawValue)), component: "purchaseStatus")

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        var query = RecordQuery(context.request)
        let page = Page<PurchaseKind>(query.query, problems: &query.problems)
        let state: Purchase.State? = query.word("status")
        try query.finish()
        let purchases = try context.database.purchases(
            of: caller.account, in: state, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(purchases, id: \.id))
    }

    /// With an `Idempotency-Key`, the same key and body get the same page again. 502 when Stripe
    /// does not answer within ten seconds, 503 when others wait for it already: the purchase is
    /// kept, and the same call goes on with it.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        let key = try context.request.clientKey(body: context.body.bytes, of: caller)
        let catalog = try context.site.catalog()
        var body = context.body.reader
        let package = try package(&body, of: catalog, context)
        let terms = PurchaseTerms(
            version: context.termsInForce, isAgreedTo: body.has(Inputs.terms))
        let log = context.log
        let fresh = PurchaseID.new()
        let claim = try context.database.claim(
            key, for: fresh, of: package, catalogVersion: catalog.version,
            account: caller.account, by: caller.person().id,
            from: context.request.remoteAddress, under: terms, isLive: context.settings.isLive,
            limit: context.settings.purchaseLimit)
        switch claim {
        case .answered(let answer):
            return .json(answer)
        case .claimed:
            return try openSession(for: fresh, key: key, caller, context, log)
        case .unfinished(let purchase):
            // The first call still runs or died on the way. Stripe's own key makes it one session
            // whichever of the two asks; while the other one asks, Stripe says so.
            return try openSession(for: purchase, key: key, caller, context, log)
        }
    }

    /// Throws ``InvalidInput`` that names all that is wrong.
    private static func package(
        _ body: inout FieldReader, of catalog: Catalog, _ context: Context
    ) throws -> Package {
        let package = body.read(Inputs.packageID).flatMap(catalog.package)
        if package == nil {
            let names = catalog.packages.map(\.id)
            body.refuse("packageId", .chooseOneOf, ["names": .list(names)])
        }
        context.judgeTerms(of: &body)
        try body.finish()
        guard let package else { throw NotFound() }
        return package
    }

    private static func openSession(
        for id: PurchaseID, key: ClientKey?, _ caller: Caller, _ context: Context, _ log: Logger
    ) throws -> Response {
        guard let purchase = try context.database.purchase(id, of: caller.account) else {
            throw NotFound()
        }
        let page = try page(of: purchase, context, log)
        let answer = Response.json(
            .created, CheckoutAnswer(id: id, sessionID: page.session, url: page.url))
        if let key {
            try context.database.finish(
                key, of: caller.account,
                with: StoredAnswer(
                    status: answer.status.code, body: String(decoding: answer.body, as: UTF8.self)))
        }
        return answer
    }

    /// The purchase's page, which the sweep may have had made meanwhile.
    private static func page(
        of purchase: Purchase, _ context: Context, _ log: Logger
    ) throws -> (session: String, url: String) {
        if purchase.state == .pending, let session = purchase.sessionID,
            let url = purchase.checkoutURL
        {
            return (session, url)
        }
        do {
            return try context.withBilling(log) { billing in
                try billing.openSession(of: purchase, appURL: context.settings.appURL)
            }
        } catch is Crowded {
            throw Refusal.orderKept
        }
    }

    /// While it is open, Stripe is asked, because its webhook may be late; the address that the
    /// buyer came back by proves nothing.
    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        guard var purchase = try context.database.purchase(context.id(), of: caller.account) else {
            throw NotFound()
        }
        if purchase.state == .pending, purchase.sessionID != nil,
            try context.database.mayAskStripe(about: purchase.id)
        {
            let log = context.log
            do {
                purchase = try context.withBilling(log) { try $0.refresh(purchase) }
            } catch is Crowded {
                log.notice("stripe: no place to look", metadata: ["purchase": "\(purchase.id)"])
            } catch let error as StripeError {
                // The person sees "pending" and looks again; the webhook or the sweep will tell.
                log.warning(
                    "stripe: no look at a session",
                    metadata: ["purchase": "\(purchase.id)", "error": "\(error)"])
            }
        }
        return .json(purchase)
    }
}

private struct CheckoutAnswer: JSONObject {
    let id: PurchaseID
    let sessionID: String
    let url: String

    static var schemaName: String? { "Checkout" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CheckoutAnswer {
        fields.field("purchaseId") { $0.id }
        fields.field("sessionId", "Stripe's.", example: "cs_test_a1".quoted) { $0.sessionID }
        fields.field(
            "url", as: .text(format: "uri"),
            example: "https://checkout.stripe.com/c/pay/cs_test_a1".quoted
        ) { $0.url }
    }
}
