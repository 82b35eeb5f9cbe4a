import Domain
import FoundationEssentials
package import MariaDB

/// All that an operator tells everybody.
package struct Announcements: Sendable {
    /// Of each part, be it paused or not.
    package let pauses: [Pause]
    /// Also one whose time is not now; nil when there is none.
    package let banner: Banner?

    /// What people see now.
    package var pausesInForce: [Pause] { pauses.filter(\.isOn) }
    package var bannerInForce: Banner? { banner.flatMap { $0.isShown ? $0 : nil } }
}

extension Connection {
    package func announcements() throws -> Announcements {
        var pauses: [Pause] = []
        var banner: Banner?
        for (name, found) in try query(
            """
            SELECT name, \(sql: AnnouncementRow.columns)
            FROM announcements
            ORDER BY name
            """,
            { row in (try row("name") as String, try AnnouncementRow(row)) })
        {
            if let part = PausablePart(rawValue: name) {
                pauses.append(found.pause(of: part))
            } else {
                banner = found.banner
            }
        }
        return Announcements(pauses: pauses, banner: banner)
    }

    /// Throws ``Paused`` while the part is. Until this transaction ends nobody pauses it, so that what
    /// goes on from here is accepted before the pause is answered.
    func requireOpen(_ part: PausablePart) throws {
        let pause = try first(
            """
            SELECT \(sql: AnnouncementRow.columns)
            FROM announcements
            WHERE name = \(part)
            LOCK IN SHARE MODE
            """
        ) { row in try AnnouncementRow(row).pause(of: part) }
        guard let pause, pause.isOn else { return }
        throw Paused(pause.phrase, retryAfterSeconds: pause.remainingSeconds)
    }
}

/// A row of `announcements`, whatever it tells.
private struct AnnouncementRow {
    static let columns: SQL = """
        is_on, is_warning, words, from_at, until_at, since_at, changed_at,
        TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), until_at) AS remaining_seconds,
        is_on AND COALESCE(from_at <= UTC_TIMESTAMP(6), TRUE)
            AND COALESCE(until_at > UTC_TIMESTAMP(6), TRUE) AS is_shown
        """

    let isOn: Bool
    let isWarning: Bool
    let words: String
    let from: Date?
    let until: Date?
    let since: Date
    let changedAt: Date
    let remainingSeconds: Int?
    let isShown: Bool

    init(_ row: Row) throws {
        isOn = try row("is_on")
        isWarning = try row("is_warning")
        words = try row("words")
        from = try row("from_at")
        until = try row("until_at")
        since = try row("since_at")
        changedAt = try row("changed_at")
        let seconds = try row("remaining_seconds") as Int?
        remainingSeconds = seconds.flatMap { $0 > 0 ? $0 : nil }
        isShown = try row("is_shown")
    }

    func pause(of part: PausablePart) -> Pause {
        Pause(
            part: part, isOn: isOn, ownWords: words, until: until, since: since,
            remainingSeconds: remainingSeconds)
    }

    var banner: Banner? {
        guard isOn else { return nil }
        return Banner(
            kind: isWarning ? .warning : .notice, words: words, from: from, until: until,
            changedAt: changedAt, isShown: isShown)
    }
}
