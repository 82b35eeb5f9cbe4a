import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// Every purchase and every video, with what an operator asks of them.
enum Records {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/purchases", "listAllPurchases", by: .operator(.readPurchases),
                with: [
                    .query(
                        "status", as: .words(Purchase.State.allCases.map(\.rawValue)),
                        component: "purchaseStatus"), account,
                    .query(
                        "problem",
                        "With 1 those whose payment does not fit, and nobody has closed.",
                        as: .words(["1"]), refuses: []),
                ] + dates + [Parameter].page,
                answers: [.ok(PageAnswer<PurchaseRecord>.self, "A page.")],
                "Purchases of everybody, newest first", purchases),
            Route(
                .get, "/api/admin/purchases/:id", "showAnyPurchase", by: .operator(.readPurchases),
                answers: [.ok(PurchaseAnswer.self, "As it stands.")],
                "One purchase, with what went back of it", purchase),
            Route(
                .get, "/api/admin/videos", "listAllVideos", by: .operator(.readPeople),
                with: [
                    .query("state", as: .words(VideoState.allCases.map(\.rawValue))),
                    .query("tier", "The id of a tier."), account,
                    .query("task", "The vendor's id of a task.", as: .text(atMost: 255)),
                ] + dates + [Parameter].page,
                answers: [.ok(PageAnswer<VideoRecord>.self, "A page.")],
                "Videos of everybody with cost and margin, newest first", videos),
            Route(
                .get, "/api/admin/videos/:id", "showAnyVideo", by: .operator(.readPeople),
                answers: [.ok(VideoRecordAnswer.self, "As it stands.")],
                "One video, with every try to have it made", video),
        ])

    private static let account = Parameter.query(
        "account", "Of this account alone.", as: .text(format: "uuid"))

    private static let dates: [Parameter] = [
        .query("from", "The first instant, or day.", example: "2026-11-01T00:00:00Z"),
        .query("to", "The instant, or day, after the last.", example: "2026-12-01"),
    ]

    private static func purchases(_ context: Context, _ caller: Caller) throws -> Response {
        var query = RecordQuery(context.request)
        let page = Page<PurchaseKind>(query.query, problems: &query.problems)
        var filter = PurchaseFilter()
        filter.state = query.word("status")
        filter.account = query.id("account")
        filter.isProblem = query.query["problem"] == "1"
        filter.from = query.date("from")
        filter.to = query.date("to")
        try query.finish()
        let purchases = try context.database.purchases(
            matching: filter, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(purchases, id: \.purchase.id))
    }

    private static func purchase(_ context: Context, _ caller: Caller) throws -> Response {
        let id: PurchaseID = try context.id()
        guard let purchase = try context.database.purchaseRecord(id) else { throw NotFound() }
        return try .json(
            PurchaseAnswer(
                purchase: purchase, refunds: context.database.refunds(of: id),
                disputes: context.database.disputes(of: id),
                transactions: context.database.transactions(of: id)))
    }

    private static func videos(_ context: Context, _ caller: Caller) throws -> Response {
        var query = RecordQuery(context.request)
        let page = Page<VideoKind>(query.query, problems: &query.problems)
        var filter = VideoRecordFilter()
        filter.state = query.word("state")
        filter.tier = query.query["tier"]
        filter.account = query.id("account")
        filter.task = query.query["task"]
        filter.from = query.date("from")
        filter.to = query.date("to")
        try query.finish()
        let videos = try context.database.videoRecords(
            matching: filter, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(videos, id: \.id))
    }

    private static func video(_ context: Context, _ caller: Caller) throws -> Response {
        let id: VideoID = try context.id()
        guard let video = try context.database.videoRecord(id) else { throw NotFound() }
        return try .json(
            VideoRecordAnswer(video: video, attempts: context.database.attempts(of: id)))
    }
}

private struct PurchaseAnswer: JSONObject {
    let purchase: PurchaseRecord
    let refunds: [RefundRecord]
    let disputes: [DisputeRecord]
    let transactions: [StripeTransaction]

    static var schemaName: String? { "PurchaseDetail" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PurchaseAnswer {
        fields.include { $0.purchase }
        fields.field("refunds", "By an operator, oldest first.", example: "[]") { $0.refunds }
        fields.field("disputes", "Oldest first.", example: "[]") { $0.disputes }
        fields.field(
            "transactions", "What moved our balance at Stripe, oldest first, told within hours.",
            example: "[]"
        ) { $0.transactions }
    }
}

private struct VideoRecordAnswer: JSONObject {
    let video: VideoRecord
    let attempts: [AttemptRecord]

    static var schemaName: String? { "VideoDetail" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoRecordAnswer {
        fields.include { $0.video }
        fields.field("tries", "To have it made, oldest first.", example: "[]") { $0.attempts }
    }
}
