package import Domain
package import FoundationEssentials
package import MariaDB

/// Which of an account's videos are listed.
package struct VideoFilter: Sendable {
    package var statuses: [VideoStatus] = []
    package var tier: String?
    /// Only those that their owner has marked.
    package var isFavorite = false
    /// Words that title and prompt contain, all of them, in any order and in letters of either case.
    package var words: [String] = []
    package var from: Date?
    package var to: Date?

    package init() {}
}

extension Connection {
    package func video(_ id: VideoID, of account: AccountID) throws -> Video? {
        try query(
            """
            SELECT \(sql: Video.columns)
            FROM video_jobs
            WHERE id = \(id) AND account_id = \(account) AND deleted_at IS NULL
            """, Video.init(row:)
        ).first
    }

    /// The same, as the user who ordered it is told of it.
    package func video(_ id: VideoID, orderedBy user: UserID) throws -> Video? {
        try query(
            """
            SELECT \(sql: Video.columns)
            FROM video_jobs
            WHERE id = \(id) AND user_id = \(user) AND deleted_at IS NULL
            """, Video.init(row:)
        ).first
    }

    /// All that one call made and that is still there, as the user who ordered it is told of it.
    package func videos(of call: GenerateCallID, orderedBy user: UserID) throws -> [Video] {
        try query(
            """
            SELECT \(sql: Video.columns)
            FROM video_jobs
            WHERE generate_call_id = \(call) AND user_id = \(user) AND deleted_at IS NULL
            ORDER BY id
            """, Video.init(row:))
    }

    /// The account's videos, newest first, those after `cursor` only.
    ///
    /// What is listed of one status, or of one tier and status, lies in that order in an index. Of
    /// more than one, the newest of each are joined. Those that are marked have an index of their own,
    /// in which the rest is looked for, as words are in what the account has, newest first, as far as
    /// the page goes.
    package func videos(
        of account: AccountID, matching filter: VideoFilter, before cursor: VideoID?, limit: Int
    ) throws -> [Video] {
        let rest = Self.condition(filter, before: cursor)
        func list(_ columns: SQL, _ key: (index: SQL, condition: SQL)) -> SQL {
            """
            SELECT \(sql: columns)
            FROM video_jobs FORCE INDEX (\(sql: key.index))
            WHERE \(sql: key.condition)\(sql: rest)
            ORDER BY id DESC
            LIMIT \(limit)
            """
        }
        let keys = Self.keys(of: account, filter)
        guard keys.count > 1 else {
            return try query(list(Video.columns, keys[0]), Video.init(row:))
        }
        var lists: SQL = ""
        for (number, key) in keys.enumerated() {
            let list = list("id", key)
            lists = number == 0 ? "(\(sql: list))" : "\(sql: lists) UNION ALL (\(sql: list))"
        }
        return try query(
            """
            SELECT \(sql: Video.columns)
            FROM (
                SELECT id AS listed_id
                FROM (\(sql: lists)) AS lists
                ORDER BY id DESC
                LIMIT \(limit)
            ) AS listed
            STRAIGHT_JOIN video_jobs ON video_jobs.id = listed_id
            ORDER BY listed_id DESC
            """, Video.init(row:))
    }

    /// Where the wanted videos lie in the order of an index, and what is asked of each there.
    private static func keys(
        of account: AccountID, _ filter: VideoFilter
    ) -> [(index: SQL, condition: SQL)] {
        let isOwn: SQL = "account_id = \(account) AND deleted_at IS NULL"
        if filter.isFavorite {
            var condition: SQL = "\(sql: isOwn) AND is_favorite = TRUE"
            if let tier = filter.tier { condition = "\(sql: condition) AND tier = \(tier)" }
            for (number, status) in filter.statuses.enumerated() {
                let word: SQL = number == 0 ? " AND status IN (" : ", "
                condition = "\(sql: condition)\(sql: word)\(status)"
            }
            if !filter.statuses.isEmpty { condition = "\(sql: condition))" }
            return [("idx_account_favorite", condition)]
        }
        let statuses: [VideoStatus?] = filter.statuses.isEmpty ? [nil] : filter.statuses
        guard let tier = filter.tier else {
            return statuses.map { status in
                guard let status else { return ("idx_account", isOwn) }
                return ("idx_account_status", "\(sql: isOwn) AND status = \(status)")
            }
        }
        let all = filter.statuses.isEmpty ? VideoStatus.allCases : filter.statuses
        return all.map { status in
            ("idx_account_tier", "\(sql: isOwn) AND tier = \(tier) AND status = \(status)")
        }
    }

    /// What is asked of a video besides its tier and status.
    private static func condition(_ filter: VideoFilter, before cursor: VideoID?) -> SQL {
        var conditions: SQL = ""
        for word in filter.words {
            // The column folds case and accents. One that is a code point of its own would still
            // be another text than the letter with the mark behind it.
            let (composed, apart) = (word.composed.likePattern, word.decomposed.likePattern)
            conditions = "\(sql: conditions) AND (prompt LIKE \(composed) OR title LIKE \(composed)"
            if !composed.utf8.elementsEqual(apart.utf8) {
                conditions = "\(sql: conditions) OR prompt LIKE \(apart) OR title LIKE \(apart)"
            }
            conditions = "\(sql: conditions))"
        }
        // An id tells when it was made, by the clock of the host that took the order: within a day
        // of the database's.
        if let from = filter.from {
            let first = VideoID(at: from.addingTimeInterval(-86_400), random: (0, 0))
            conditions = "\(sql: conditions) AND id >= \(first) AND created_at >= \(from)"
        }
        if let to = filter.to {
            let end = VideoID(at: to.addingTimeInterval(86_400), random: (0, 0))
            conditions = "\(sql: conditions) AND id < \(end) AND created_at < \(to)"
        }
        if let cursor { conditions = "\(sql: conditions) AND id < \(cursor)" }
        return conditions
    }
}

extension String {
    /// This text anywhere, with the wildcards of LIKE taken as they stand.
    var likePattern: String {
        // Not by characters: a mark behind a wildcard would hide it.
        var pattern = String.UnicodeScalarView("%".unicodeScalars)
        for scalar in unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.append("\\") }
            pattern.append(scalar)
        }
        pattern.append("%")
        return String(pattern)
    }
}

extension Video {
    static let columns: SQL = """
        video_jobs.id, tier, state, failure_reason, title, is_favorite, prompt, negative_prompt,
        input_image_url, image_tail_url, aspect_ratio, resolution, mode, strength, seed, duration_seconds, task_id,
        user_charged_micros, IF(state = 'queued', jobs_ahead(turn_at), NULL) AS jobs_ahead,
        IF(state = 'queued' AND undo_until > UTC_TIMESTAMP(6), undo_until, NULL) AS undo_until,
        video_jobs.created_at, completed_at, version, file_bytes, file_sha256, file_milliseconds,
        file_width, file_height, has_poster
        """

    init(row: Row) throws {
        let id: VideoID = try row("id")
        let tierID: String = try row("tier")
        let state: VideoState = try row("state")
        let failureReason: FailureReason? = try row("failure_reason")
        var settings = VideoSettings(prompt: try row("prompt"))
        settings.negativePrompt = try row("negative_prompt")
        settings.image = try row("input_image_url")
        settings.imageTail = try row("image_tail_url")
        settings.aspectRatio = try row("aspect_ratio")
        settings.resolution = try row("resolution")
        settings.mode = try row("mode")
        settings.strength = try row("strength")
        settings.seed = try row("seed")
        let title: String? = try row("title")
        let isFavorite: Bool = try row("is_favorite")
        let duration: Int = try row("duration_seconds")
        let taskID: String? = try row("task_id")
        let price: Money = try row("user_charged_micros")
        let jobsAhead: Int? = try row("jobs_ahead")
        let undoUntil: Date? = try row("undo_until")
        let createdAt: Date = try row("created_at")
        let completedAt: Date? = try row("completed_at")
        let version: Int = try row("version")
        var file: VideoFile?
        if let sizeBytes = try row("file_bytes") as Int? {
            file = try VideoFile(
                sizeBytes: sizeBytes, checksum: row("file_sha256"),
                durationMilliseconds: row("file_milliseconds"), width: row("file_width"),
                height: row("file_height"), hasPoster: row("has_poster"))
        }
        self.init(
            id: id, tierID: tierID, state: state, failureReason: failureReason,
            settings: settings, title: title, isFavorite: isFavorite, duration: duration,
            taskID: taskID, price: price, jobsAhead: jobsAhead, undoUntil: undoUntil,
            createdAt: createdAt, completedAt: completedAt, file: file, version: version)
    }
}
