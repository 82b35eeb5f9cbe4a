import Billing
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import Store
import Stripe
import Texts

/// Orders of credit, paid on Stripe's page.
enum Purchases {
    /// `POST /api/credits/purchase`: orders a package.
    ///
    /// Body: `packageId`. Answers 201 `{purchaseId, sessionId, url}`: send the buyer to `url`.
    /// With an `Idempotency-Key`, the same key and body get the same page again. 429 beyond
    /// PURCHASE_LIMIT. 502 when Stripe does not answer within ten seconds, 503 when others wait for
    /// it already: the order is kept, and the same call goes on with it.
    static func create(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let (body, bytes) = try request.json()
        let key = try request.clientKey(body: bytes)
        let catalog = try context.site.catalog()
        guard let id = body["packageId"]?.string, let package = catalog.package(id) else {
            let names = catalog.packages.map(\.id)
            throw InvalidInput("packageId", .chooseOneOf, ["names": .list(names)])
        }
        let log = context.site.logger(for: request)
        let fresh = PurchaseID.new()
        let claim = try context.database.claim(
            key, for: fresh, of: package, catalogVersion: catalog.version, user: user.id,
            isLive: context.settings.isLive, limit: context.settings.purchaseLimit)
        switch claim {
        case .answered(let answer):
            return .json(HTTPResponse.Status(code: answer.status), Array(answer.body.utf8))
        case .claimed:
            return try openSession(for: fresh, key: key, user: user, context, log)
        case .unfinished(let purchase):
            // The first call still runs or died on the way. Stripe's own key makes it one session
            // whichever of the two asks; while the other one asks, Stripe says so.
            return try openSession(for: purchase, key: key, user: user, context, log)
        }
    }

    private static func openSession(
        for id: PurchaseID, key: ClientKey?, user: User, _ context: Context, _ log: Logger
    ) throws -> Response {
        guard let purchase = try context.database.purchase(id, of: user.id) else {
            throw NotFound()
        }
        let page = try page(of: purchase, context, log)
        var json = JSONWriter()
        json.beginObject()
        json.member("purchaseId", id)
        json.member("sessionId", page.session)
        json.member("url", page.url)
        json.endObject()
        if let key {
            try context.database.finish(
                key, of: user.id,
                with: StoredAnswer(status: 201, body: String(decoding: json.bytes, as: UTF8.self)))
        }
        return .json(.created, json.bytes)
    }

    /// The order's page, which the sweep may have had made meanwhile.
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
            throw OrderKept()
        } catch is StripeError {
            throw VendorUnavailable()
        }
    }

    /// `GET /api/credits/purchases/:id`: how an order stands. While it is open, Stripe is asked,
    /// because its webhook may be late; the address that the buyer came back by proves nothing.
    static func show(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard var purchase = try context.database.purchase(context.id(), of: user.id) else {
            throw NotFound()
        }
        if purchase.state == .pending, purchase.sessionID != nil,
            try context.database.mayAskStripe(about: purchase.id)
        {
            let log = context.site.logger(for: request)
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
        return .json { $0.members(of: purchase) }
    }
}

extension JSONWriter {
    mutating func members(of purchase: Purchase) {
        member("id", purchase.id)
        member("packageId", purchase.packageID)
        member("status", purchase.state.rawValue)
        member("price", purchase.price)
        member("credits", purchase.credits)
        member("bonus", purchase.bonus)
        member("total", purchase.credits + purchase.bonus)
        if purchase.state == .pending { member("url", purchase.checkoutURL) }
        member("createdAt", purchase.createdAt)
        member("paidAt", purchase.paidAt)
    }
}
