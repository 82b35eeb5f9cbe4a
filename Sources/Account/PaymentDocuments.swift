import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Ledger
import Media
import Store
import Texts
import Web

/// What is on paper of a purchase: its receipt, and what followed of its money.
enum PaymentDocuments {
    static let routes: [Route] = .part(
        "Credits",
        [
            Route(
                .get, "/api/credits/purchases/:id/statement", "showStatement",
                by: .caller(.readCredits),
                answers: [.ok(Statement.self, "Oldest first; empty until it is paid.")],
                "A purchase's receipt, credit notes and disputes", show),
            Route(
                .get, "/api/credits/purchases/:id/documents/:number", "downloadDocument",
                by: .caller(.readCredits),
                with: [.path("documentNumber", "number", "Such as R-000042.")],
                answers: [.file("application/pdf", "To print, or to keep.")],
                "One of these as a PDF", pdf),
        ])

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let purchase = try purchase(context, caller)
        return try .json(
            Statement(
                documents: context.database.documents(of: purchase.id, of: caller.account),
                disputes: context.database.disputes(of: purchase.id)))
    }

    private static func purchase(_ context: Context, _ caller: Caller) throws -> Purchase {
        guard let purchase = try context.database.purchase(context.id(), of: caller.account)
        else { throw NotFound() }
        return purchase
    }

    private static func pdf(_ context: Context, _ caller: Caller) throws -> Response {
        let purchase = try purchase(context, caller)
        let number = try context.argument(at: 1)
        let documents = try context.database.documents(of: purchase.id, of: caller.account)
        guard let document = documents.first(where: { $0.name.utf8.elementsEqual(number.utf8) })
        else { throw NotFound() }
        let page = DocumentPage(document: document, purchase: purchase)
        let pdf = try context.threads.pass(.typesetter) {
            try Typesetter.pdf(markup: page.markup)
        }
        return Response(
            status: .ok, contentType: "application/pdf",
            fields: [
                .cacheControl: "no-store",
                .contentDisposition: "inline; filename=\"rushes-\(document.name).pdf\"",
            ], body: pdf)
    }
}

private struct Statement: JSONObject {
    let documents: [PaymentDocument]
    let disputes: [DisputeRecord]

    static var schemaName: String? { "Statement" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Statement {
        fields.field("documents") { $0.documents }
        fields.field("disputes") { $0.disputes.map(DisputeAnswer.init) }
    }
}

private struct DisputeAnswer: JSONObject {
    let dispute: DisputeRecord

    static var schemaName: String? { "PurchaseDispute" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == DisputeAnswer {
        fields.field("amount", example: "47.99") { $0.dispute.amount }
        fields.field(
            "standing", as: .words(["inquiry", "open", "closed", "lost"]), example: "open".quoted
        ) { $0.dispute.standing }
        fields.field("createdAt") { $0.dispute.createdAt }
    }
}
