import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// What an operator tells everybody, and stops for a while.
enum Announcing {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/announcements", "showAnnouncements", by: .operator(.look),
                answers: [.ok(AnnouncementsAnswer.self, "Also a banner whose time is not now.")],
                "What is paused, and the words above every page", show),
            Route(
                .post, "/api/admin/pauses/:part", "pausePart", by: .operator(.pauseShop),
                with: [
                    .path(
                        "pausablePart", "part",
                        as: .words(PausablePart.allCases.map(\.rawValue))), .neededCommandKey,
                ],
                takes: Body(
                    "PauseChange", Inputs.reason("the database moves"), Inputs.isPaused,
                    Inputs.pauseWords, Inputs.expectedEnd),
                answers: [
                    .ok(
                        CommandReport.self,
                        "From now on it is so: nothing was taken that did not see it.")
                ],
                "Pauses orders, purchases or sign-ups, or lets them go on", pause),
            Route(
                .post, "/api/admin/banner", "setBanner", by: .operator(.pauseShop),
                with: [.neededCommandKey],
                takes: Body(
                    "BannerChange", Inputs.reason("news of the season"), Inputs.bannerWords,
                    Inputs.bannerKind, Inputs.bannerFrom, Inputs.bannerUntil),
                answers: [.ok(CommandReport.self, "Shown on every page within seconds.")],
                "Puts words above every page; without words, takes them away", setBanner),
        ])

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(AnnouncementsAnswer(all: context.database.announcements()))
    }

    /// 400 names every field that is wrong.
    private static func pause(_ context: Context, _ caller: Caller) throws -> Response {
        guard let part = try PausablePart(rawValue: context.argument()) else { throw NotFound() }
        let actor = try Operator(context, caller)
        var body = context.body.reader
        let isPaused = body.needed(Inputs.isPaused)
        let words = body.read(Inputs.pauseWords) ?? ""
        let until = body.read(Inputs.expectedEnd)
        if let until, until <= context.now { body.refuse("until", .timePast) }
        try body.finish()
        let change = AnnouncementChange(
            isOn: isPaused == true, words: isPaused == true ? words : "",
            until: isPaused == true ? until : nil)
        return try .json(context.database.pause(part, change, by: actor))
    }

    private static func setBanner(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        let words = body.read(Inputs.bannerWords) ?? ""
        let kind = body.read(Inputs.bannerKind) ?? .notice
        let from = body.read(Inputs.bannerFrom)
        let until = body.read(Inputs.bannerUntil)
        if let until, until <= max(from ?? context.now, context.now) {
            body.refuse("until", .timePast)
        }
        try body.finish()
        let change =
            words.isEmpty
            ? AnnouncementChange(isOn: false)
            : AnnouncementChange(
                isOn: true, isWarning: kind == .warning, words: words, from: from, until: until)
        return try .json(context.database.setBanner(change, by: actor))
    }
}
