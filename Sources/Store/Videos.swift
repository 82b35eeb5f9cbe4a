package import Domain
package import FoundationEssentials
import JSON
package import MariaDB

/// What a generate call asks the database to accept.
package struct VideoOrder {
    package let call: ID<VideoOrder>
    package let draft: VideoDraft
    package let catalogVersion: Int
    /// One for each video of the order, with the secret path of its callback (J7).
    package let videos: [(id: VideoID, callbackToken: String)]

    package init(
        call: ID<VideoOrder>, draft: VideoDraft, catalogVersion: Int,
        videos: [(id: VideoID, callbackToken: String)]
    ) {
        precondition(videos.count == draft.count, "an order makes as many videos as it says")
        self.call = call
        self.draft = draft
        self.catalogVersion = catalogVersion
        self.videos = videos
    }
}

/// What became of an accepted order.
package struct Acceptance: Sendable {
    package let videoIDs: [VideoID]
    package let balance: Money
    /// How many queued jobs stand before the first of these.
    package let jobsAhead: Int
}

extension Connection {
    /// Accepts an order: rate limit, hold, jobs, ledger and the answer for `key`, in one
    /// transaction (J1). `answer` makes the answer that is stored for the key and returned.
    ///
    /// Throws ``RateLimited``, ``InsufficientCredits``, ``IdempotencyConflict``, ``IntakeStopped`` or
    /// ``AccountHeld`` and changes nothing.
    package func accept(
        _ order: VideoOrder, from user: UserID, key: ClientKey?, limit: CallLimit,
        queueDeadline: Duration, answer: (Acceptance) -> StoredAnswer
    ) throws -> StoredAnswer {
        try transaction {
            let wallet = try lockWallet(of: user)
            if let key, let replay = try storedAnswer(for: key, of: user) { return replay }
            let intake = try intake(of: order, from: user)
            // A COMMIT whose answer was lost ran again, for a call without a key.
            guard !intake.isAccepted else {
                return answer(try acceptance(of: order, user: user))
            }
            guard !intake.isStopped else { throw IntakeStopped.booksAreWrong }
            guard !intake.isHeld else { throw AccountHeld() }
            try checkRate(limit, of: user)
            try checkFunds(order.draft.total, wallet)
            try execute(
                """
                INSERT INTO generate_calls (id, user_id, created_at)
                VALUES (\(order.call), \(user), UTC_TIMESTAMP(6))
                """)
            for video in order.videos {
                try insert(
                    video.id, callbackToken: video.callbackToken, of: order, user: user,
                    queueDeadline: queueDeadline)
                let draft = order.draft
                try hold(
                    draft.price, for: video.id, from: user,
                    description: "\(draft.tier.name) video, \(draft.duration) s")
            }
            // Mostly there is more, and then nothing needs to be asked.
            if wallet.available - order.draft.total < lowBalanceThreshold {
                try announceLowBalance(of: user)
            }
            let stored = answer(try acceptance(of: order, user: user))
            if let key { try store(stored, for: key, of: user) }
            return stored
        }
    }

    /// Whether this very order was accepted before, and what the auditor's last looks have found
    /// that stops it: about the whole, or about this account alone (A3).
    private func intake(
        of order: VideoOrder, from user: UserID
    ) throws -> (isAccepted: Bool, isStopped: Bool, isHeld: Bool) {
        try first(
            """
            SELECT EXISTS (SELECT 1 FROM generate_calls WHERE id = \(order.call)) AS is_accepted,
                EXISTS (SELECT 1 FROM findings WHERE is_open AND scope = 'whole') AS is_stopped,
                EXISTS (
                    SELECT 1
                    FROM findings
                    WHERE is_open AND scope = 'account' AND user_id = \(user)) AS is_held
            """
        ) { row in (try row("is_accepted"), try row("is_stopped"), try row("is_held")) }
            ?? (false, false, false)
    }

    private func acceptance(of order: VideoOrder, user: UserID) throws -> Acceptance {
        let first = order.videos[0].id
        let row = try self.first(
            """
            SELECT available_micros,
                (SELECT COUNT(*) FROM video_jobs WHERE state = 'queued' AND id < \(first)) AS ahead
            FROM wallets
            WHERE user_id = \(user)
            """
        ) { row in (try row("available_micros") as Money, try row("ahead") as Int) }
        return Acceptance(
            videoIDs: order.videos.map(\.id), balance: row?.0 ?? .zero, jobsAhead: row?.1 ?? 0)
    }

    /// Throws ``RateLimited`` when the user has used up the window: when the call that is as many
    /// back as the limit allows is still in it. The next is free when that one leaves it.
    private func checkRate(_ limit: CallLimit, of user: UserID) throws {
        try checkRate(limit, of: user, in: "generate_calls")
    }

    /// The same for orders of credit. The caller has locked the wallet, so that two at once are
    /// counted one after the other.
    func checkPurchaseRate(_ limit: CallLimit, of user: UserID) throws {
        try checkRate(limit, of: user, in: "purchases")
    }

    private func checkRate(_ limit: CallLimit, of user: UserID, in table: SQL) throws {
        let window = limit.window.microseconds
        let freeInSeconds = try first(
            """
            SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6),
                created_at + INTERVAL \(window) MICROSECOND) AS free_in_seconds
            FROM \(sql: table)
            WHERE user_id = \(user)
                AND created_at > UTC_TIMESTAMP(6) - INTERVAL \(window) MICROSECOND
            ORDER BY created_at DESC
            LIMIT 1 OFFSET \(limit.calls - 1)
            """
        ) { row in try row("free_in_seconds") as Int }
        guard let freeInSeconds else { return }
        throw RateLimited(
            limit: limit.calls, windowSeconds: Int(limit.window.components.seconds),
            retryAfterSeconds: max(1, freeInSeconds + 1))
    }

    private func checkFunds(_ required: Money, _ wallet: LockedWallet) throws {
        if wallet.shortfall > .zero {
            throw InsufficientCredits(
                required: required, current: wallet.available, debt: wallet.shortfall)
        }
        guard wallet.available >= required else {
            throw InsufficientCredits(required: required, current: wallet.available)
        }
    }

    private func insert(
        _ id: VideoID, callbackToken: String, of order: VideoOrder, user: UserID,
        queueDeadline: Duration
    ) throws {
        let draft = order.draft
        let settings = draft.settings
        try execute(
            """
            INSERT INTO video_jobs
                (id, user_id, generate_call_id, tier, catalog_version, state, prompt,
                 negative_prompt, input_image_url, image_tail_url, duration_seconds, aspect_ratio,
                 resolution, mode, strength, seed, webhook_url, vendor_path, vendor_input,
                 estimated_cost_micros, user_charged_micros, callback_token, next_attempt_at,
                 deadline_at, created_at, state_at)
            VALUES (\(id), \(user), \(order.call), \(draft.tier.id), \(order.catalogVersion),
                'queued', \(settings.prompt), \(settings.negativePrompt), \(settings.image),
                \(settings.imageTail), \(draft.duration), \(settings.aspectRatio),
                \(settings.resolution), \(settings.mode), \(settings.strength), \(settings.seed),
                \(draft.webhookURL), \(draft.tier.vendorPath), \(draft.vendorInputJSON),
                \(draft.tier.cost(forSeconds: draft.duration)), \(draft.price), \(callbackToken),
                UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(queueDeadline.microseconds) MICROSECOND,
                UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }
}

extension VideoDraft {
    /// The vendor's input as an array of pairs, which keeps its order.
    var vendorInputJSON: String {
        var json = JSONWriter()
        json.beginArray()
        for field in vendorInput {
            json.beginArray()
            json.string(field.name)
            switch field.value {
            case .string(let text): json.string(text)
            case .integer(let number): json.integer(number)
            }
            json.endArray()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension [VendorField] {
    /// Reads what ``VideoDraft/vendorInputJSON`` wrote.
    init(json text: String) throws {
        guard let pairs = try JSONValue(parsing: [UInt8](text.utf8)).array else {
            throw BooksDisagree("a job's vendor input is unreadable")
        }
        self = try pairs.map { pair in
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string else {
                throw BooksDisagree("a job's vendor input is unreadable")
            }
            switch pair[1] {
            case .string(let text): return VendorField(name, .string(text))
            case .integer(let number): return VendorField(name, .integer(Int(number)))
            default: throw BooksDisagree("a job's vendor input is unreadable")
            }
        }
    }
}

// MARK: - Reading

/// Which of a user's videos are listed.
package struct VideoFilter: Sendable {
    package var statuses: [VideoStatus] = []
    package var tier: String?
    /// Words that the prompt contains, all of them, in any order and in letters of either case.
    package var words: [String] = []
    package var from: Date?
    package var to: Date?

    package init() {}
}

extension Connection {
    package func video(_ id: VideoID, of user: UserID) throws -> Video? {
        try first(
            """
            SELECT \(sql: Video.columns)
            FROM video_jobs
            WHERE id = \(id) AND user_id = \(user)
            """, Video.init(row:))
    }

    /// The user's videos, newest first, those after `cursor` only.
    package func videos(
        of user: UserID, matching filter: VideoFilter, before cursor: VideoID?, limit: Int
    ) throws -> [Video] {
        var conditions: SQL = "user_id = \(user)"
        if !filter.statuses.isEmpty {
            var list: SQL = "\(filter.statuses[0])"
            for status in filter.statuses.dropFirst() { list = "\(sql: list), \(status)" }
            conditions = "\(sql: conditions) AND status IN (\(sql: list))"
        }
        if let tier = filter.tier { conditions = "\(sql: conditions) AND tier = \(tier)" }
        for word in filter.words {
            // The column folds case and accents. One that is a code point of its own would still
            // be another text than the letter with the mark behind it.
            let (composed, apart) = (word.composed.likePattern, word.decomposed.likePattern)
            conditions = "\(sql: conditions) AND (prompt LIKE \(composed)"
            if !composed.utf8.elementsEqual(apart.utf8) {
                conditions = "\(sql: conditions) OR prompt LIKE \(apart)"
            }
            conditions = "\(sql: conditions))"
        }
        if let from = filter.from { conditions = "\(sql: conditions) AND created_at >= \(from)" }
        if let to = filter.to { conditions = "\(sql: conditions) AND created_at < \(to)" }
        if let cursor { conditions = "\(sql: conditions) AND id < \(cursor)" }
        return try query(
            """
            SELECT \(sql: Video.columns)
            FROM video_jobs
            WHERE \(sql: conditions)
            ORDER BY id DESC
            LIMIT \(limit)
            """, Video.init(row:))
    }

    /// Cancels a job that is still ours and gives its hold back; one that is canceled already
    /// stays so. Throws ``NotFound`` or ``Conflict``.
    package func cancel(_ id: VideoID, of user: UserID, policy: CreditPolicy) throws {
        try transaction {
            let wallet = try lockWallet(of: user)
            let job = try first(
                """
                SELECT state, failure_reason
                FROM video_jobs
                WHERE id = \(id) AND user_id = \(user)
                FOR UPDATE
                """
            ) { row in
                try (
                    state: row("state") as VideoState,
                    reason: row("failure_reason") as FailureReason?
                )
            }
            guard let job else { throw NotFound() }
            // Also when a COMMIT whose answer was lost ran again.
            if job.reason == .canceled { return }
            guard job.state == .queued else {
                throw Conflict("This video can no longer be canceled.")
            }
            try finish(id, from: .queued, lease: nil, reason: .canceled)
            try release(
                id, of: wallet, policy: policy, description: FailureReason.canceled.ledgerText)
        }
    }
}

extension String {
    /// This text anywhere, with the wildcards of LIKE taken as they stand.
    fileprivate var likePattern: String {
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
        id, tier, state, failure_reason, prompt, negative_prompt, input_image_url, image_tail_url,
        aspect_ratio, resolution, mode, strength, seed, duration_seconds, task_id,
        user_charged_micros,
        IF(state = 'queued',
            (SELECT COUNT(*)
             FROM video_jobs AS ahead
             WHERE ahead.state = 'queued' AND ahead.id < video_jobs.id),
            NULL) AS jobs_ahead,
        created_at, completed_at, version, file_bytes, file_sha256, file_milliseconds, file_width,
        file_height, has_poster
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
        let duration: Int = try row("duration_seconds")
        let taskID: String? = try row("task_id")
        let price: Money = try row("user_charged_micros")
        let jobsAhead: Int? = try row("jobs_ahead")
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
            settings: settings, duration: duration, taskID: taskID, price: price,
            jobsAhead: jobsAhead, createdAt: createdAt, completedAt: completedAt, file: file,
            version: version)
    }
}

/// How long videos of a tier and length took lately.
package struct RenderTime: Hashable, Sendable {
    package let p50Seconds: Int
    package let p90Seconds: Int

    package init(p50Seconds: Int, p90Seconds: Int) {
        self.p50Seconds = p50Seconds
        self.p90Seconds = p90Seconds
    }
}

package struct RenderTimeKey: Hashable, Sendable {
    package let tierID: String
    package let duration: Int

    package init(tierID: String, duration: Int) {
        self.tierID = tierID
        self.duration = duration
    }
}

extension Connection {
    package func renderTimes() throws -> [RenderTimeKey: RenderTime] {
        let rows = try query(
            "SELECT tier, duration_seconds, p50_seconds, p90_seconds FROM render_times"
        ) { row in
            try (
                RenderTimeKey(tierID: row("tier"), duration: row("duration_seconds")),
                RenderTime(p50Seconds: row("p50_seconds"), p90Seconds: row("p90_seconds"))
            )
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Measures anew how long deliveries of the last week took, from the order's acceptance.
    package func measureRenderTimes() throws {
        try execute(
            """
            INSERT INTO render_times
                (tier, duration_seconds, p50_seconds, p90_seconds, samples, measured_at)
            SELECT tier, duration_seconds,
                CEIL(MAX(IF(position <= 0.5, seconds, 0))),
                CEIL(MAX(IF(position <= 0.9, seconds, 0))),
                COUNT(*), UTC_TIMESTAMP(6)
            FROM (SELECT tier, duration_seconds,
                      TIMESTAMPDIFF(MICROSECOND, created_at, completed_at) / 1000000 AS seconds,
                      PERCENT_RANK() OVER (
                          PARTITION BY tier, duration_seconds
                          ORDER BY TIMESTAMPDIFF(MICROSECOND, created_at, completed_at)
                      ) AS position
                  FROM video_jobs
                  WHERE state = 'delivered'
                      AND completed_at > UTC_TIMESTAMP(6) - INTERVAL 7 DAY) AS delivered
            GROUP BY tier, duration_seconds
            ON DUPLICATE KEY UPDATE p50_seconds = VALUES(p50_seconds),
                p90_seconds = VALUES(p90_seconds), samples = VALUES(samples),
                measured_at = VALUES(measured_at)
            """)
    }
}
