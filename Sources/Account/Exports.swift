import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Media
import Sodium
import Store
import Web

/// One file with all the data of who is signed in, made by `work`, there for seven days.
enum Exports {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .get, "/api/me/export", "showExport", by: .caller(.person),
                answers: [.ok(ExportAnswer.self, "As it stands.")],
                "What became of the last export that was ordered", show),
            Route(
                .post, "/api/me/export", "orderExport", by: .caller(.person),
                answers: [.accepted(ExportAnswer.self, "A mail says when it is there.")],
                refuses: [.proofNeeded], "Has a file made with all the data of the person", create),
            Route(
                .get, "/api/me/exports/:name", "showExportFile", by: .caller(.person),
                with: [
                    .path(
                        "exportName", "name", "As the address of the export has it.",
                        as: .text(pattern: "^[0-9a-f]{32}$"))
                ],
                answers: [.file("application/zip", "The file, by nginx.")],
                "The file of an export, for who ordered it", file),
        ])

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let export = try context.database.export(of: caller.person().id)
        return .json(ExportAnswer(export: export, appURL: context.settings.appURL))
    }

    /// Asked for while one is being made, or within an hour of it, the answer is that one.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let user = try caller.person().id
        let export = try context.database.orderExport(
            .new(), named: Hex.encode(randomBytes(16)), of: user, for: caller.account)
        context.log.notice("export ordered", metadata: ["user": "\(user)"])
        return .json(.accepted, ExportAnswer(export: export, appURL: context.settings.appURL))
    }

    /// 404 for a name of nobody's, of another's, and of one whose time is over.
    private static func file(_ context: Context, _ caller: Caller) throws -> Response {
        let name = try context.argument()
        guard let export = try context.database.export(of: caller.person().id),
            export.status == .ready, constantTimeEquals(Array(export.name.utf8), Array(name.utf8))
        else { throw NotFound() }
        return .stored(
            export.key, type: "application/zip",
            disposition: "attachment; filename=\"rushes-data.zip\"")
    }
}

private struct ExportAnswer: JSONObject {
    let export: Export?
    let appURL: String

    static var schemaName: String? { "Export" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == ExportAnswer {
        fields.field(
            "status", as: .words(["none"] + Export.Status.allCases.map(\.rawValue)),
            example: "ready".quoted
        ) { $0.export?.status.rawValue ?? "none" }
        fields.optional("askedAt") { $0.export?.createdAt }
        fields.optional("expiresAt", "When the file goes.") { $0.export?.expiresAt }
        fields.optional("sizeBytes", example: "48211004") { $0.export?.sizeBytes }
        fields.optional(
            "url", "For who is signed in.",
            example: "https://rushes.example/api/me/exports/0f1e2d3c4b5a69788796a5b4c3d2e1f0".quoted
        ) { answer in
            answer.export.flatMap { export in
                export.status == .ready ? "\(answer.appURL)/api/me/exports/\(export.name)" : nil
            }
        }
    }
}
