import Domain
package import FoundationEssentials
package import MariaDB

/// What one row of the announcements is to say.
package struct AnnouncementChange: Sendable {
    package let isOn: Bool
    package let isWarning: Bool
    package let words: String
    package let from: Date?
    package let until: Date?

    package static let longestWords = 300

    /// Whether everybody can be told so: one line that people can read, or nothing.
    package static func takes(_ words: String) -> Bool {
        words.codeUnits <= longestWords && words.isOneLine
            && (words.isEmpty || words.visibleCharacters > 0)
    }

    package init(
        isOn: Bool, isWarning: Bool = false, words: String = "", from: Date? = nil,
        until: Date? = nil
    ) {
        self.isOn = isOn
        self.isWarning = isWarning
        self.words = words
        self.from = from
        self.until = until
    }

    /// In words for the log.
    fileprivate var summary: String {
        guard isOn else { return "off" }
        let times = [from.map { "from \($0.iso8601)" }, until.map { "until \($0.iso8601)" }]
        return
            (["on", isWarning ? "warning" : nil] + times + [words.isEmpty ? nil : "\"\(words)\""])
            .compactMap { $0 }.joined(separator: ", ")
    }
}

extension Connection {
    /// Pauses a part of the shop, lets it go on, or says something else of it; once for the key (P7).
    /// Once it has returned, nothing is accepted that did not see it: it waits for those that have
    /// not ended.
    package func pause(
        _ part: PausablePart, _ change: AnnouncementChange, by actor: Operator
    ) throws -> CommandReport {
        try announce(part.rawValue, "shop.pause", change, by: actor)
    }

    /// Puts words above every page, or takes them away; once for the key (P7).
    package func setBanner(
        _ change: AnnouncementChange, by actor: Operator
    ) throws -> CommandReport {
        try announce("banner", "shop.banner", change, by: actor)
    }

    private func announce(
        _ name: String, _ action: String, _ change: AnnouncementChange, by actor: Operator
    ) throws -> CommandReport {
        try transaction {
            let before = try first(
                """
                SELECT is_on, is_warning, words, from_at, until_at
                FROM announcements
                WHERE name = \(name)
                FOR UPDATE
                """
            ) { row in
                try AnnouncementChange(
                    isOn: row("is_on"), isWarning: row("is_warning"), words: row("words"),
                    from: row("from_at"), until: row("until_at"))
            }
            guard let before else { throw NotFound() }
            let known = try claim(
                action, name, arguments: change.summary.cut(to: 500), result: "", by: actor)
            guard known == nil else { return CommandReport(outcome: .repeated, changes: []) }
            try execute(
                """
                UPDATE announcements
                SET since_at = IF(is_on = \(change.isOn), since_at, UTC_TIMESTAMP(6)),
                    changed_at = UTC_TIMESTAMP(6), is_on = \(change.isOn),
                    is_warning = \(change.isWarning), words = \(change.words),
                    from_at = \(change.from), until_at = \(change.until)
                WHERE name = \(name)
                """)
            try log(
                action, name, detail: "\(before.summary.cut(to: 240)) -> \(change.summary)",
                by: actor)
            return CommandReport(
                outcome: .done, changes: ["\(name): \(before.summary) -> \(change.summary)"])
        }
    }
}
