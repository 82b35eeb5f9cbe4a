import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// What was done by hand: a list, and a table for a spreadsheet.
enum AuditTrail {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/audit", "listAudit", by: .operator(.look),
                with: filters + [Parameter].page,
                answers: [.ok(PageAnswer<AuditLine>.self, "A page.")],
                "What was done by hand, newest first", index),
            Route(
                .get, "/api/admin/audit.csv", "exportAudit", by: .operator(.look), with: filters,
                answers: [.file("text/csv", "A line for each, the newest 10,000.")],
                "What was done by hand, for a spreadsheet", table),
        ])

    private static let filters: [Parameter] = [
        .query(
            "action", "Only lines of this action.",
            as: .text(atLeast: 1, atMost: 64, pattern: "^[a-z._-]+$"), example: "credit.grant"),
        .query(
            "subject", "Only lines about this: an id, or a name.",
            as: .text(atLeast: 1, atMost: 255), example: "pro"),
        .query("actor", "Only what this user did.", as: .text(format: "uuid")),
    ]
    private static let mostLines = 10_000

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        var problems: [InvalidInput.Field] = []
        let page = Page<AuditLine>(Query(context.request.queryString), problems: &problems)
        let filter = try Self.filter(context.request, problems)
        let lines = try context.database.auditLog(
            before: page.cursor, matching: filter, limit: page.limit + 1)
        return .json(page.answer(lines, id: \.id))
    }

    private static func table(_ context: Context, _ caller: Caller) throws -> Response {
        let lines = try context.database.auditLog(
            before: nil, matching: filter(context.request, []), limit: mostLines)
        return Response(
            status: .ok, contentType: "text/csv",
            fields: [
                .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"log.csv\"",
            ], body: CSVTable(lines, of: AuditLine.self).bytes)
    }

    private static func filter(
        _ request: Request, _ problems: [InvalidInput.Field]
    ) throws -> AuditFilter {
        var query = RecordQuery(request)
        query.problems = problems
        let action = query.query["action"]
        if let action, !isAction(action) {
            query.problems.append(.init("action", .actionMalformed))
        }
        let subject = query.query["subject"]
        if let subject, !(1...255).contains(subject.codeUnits) {
            query.problems.append(.init("subject", .subjectMalformed))
        }
        let actor: UserID? = query.id("actor")
        try query.finish()
        return AuditFilter(action: action, subject: subject, actor: actor)
    }

    private static func isAction(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || "-._".utf8.contains($0) }
    }
}
