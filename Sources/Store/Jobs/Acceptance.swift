package import Domain
package import MariaDB
import Texts

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
                    description: Phrase(
                        .lineVideo,
                        ["tier": .text(draft.tier.name), "seconds": .number(draft.duration)]
                    ).text())
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
                \(draft.webhookURL), \(draft.tier.vendorPath), \(draft.vendorInput.json),
                \(draft.tier.cost(forSeconds: draft.duration)), \(draft.price), \(callbackToken),
                UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(queueDeadline.microseconds) MICROSECOND,
                UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }
}
