package import Domain
import Ledger
package import MariaDB
import Texts

/// What a generate call asks the database to accept.
package struct VideoOrder {
    package let call: GenerateCallID
    package let draft: VideoDraft
    package let catalogVersion: Int
    /// One for each video of the order, with the secret path of its callback (J7).
    package let videos: [(id: VideoID, callbackToken: String)]
    /// How long one of them takes.
    package let estimatedSeconds: Int
    /// How many seconds of the tier were made in the month: the vendor's price may go by them.
    package let secondsMade: Int

    package init(
        call: GenerateCallID, draft: VideoDraft, catalogVersion: Int,
        videos: [(id: VideoID, callbackToken: String)], estimatedSeconds: Int,
        secondsMade: Int = 0
    ) {
        precondition(videos.count == draft.count, "an order makes as many videos as it says")
        self.call = call
        self.draft = draft
        self.catalogVersion = catalogVersion
        self.videos = videos
        self.estimatedSeconds = estimatedSeconds
        self.secondsMade = secondsMade
    }
}

extension Connection {
    /// Accepts an order that `user` gives for the account: rate limit, hold, jobs, ledger and the
    /// answer for `key`, in one transaction (J1). What is stored for the key is the acceptance's own
    /// JSON; a key that was used is answered as it was then.
    ///
    /// Throws ``RateLimited``, ``InsufficientCredits``, ``IdempotencyConflict``, ``IntakeStopped``,
    /// ``Paused`` or ``AccountHeld``, and ``Conflict`` when it costs something else than was quoted, and
    /// changes nothing.
    package func accept(
        _ order: VideoOrder, from account: AccountID, by user: UserID, key: ClientKey?,
        limit: CallLimit, queueDeadline: Duration
    ) throws -> OrderAnswer {
        try withWallet(of: account) { wallet in
            try wallet.lapse()
            let intake = try intake(of: order, from: account, under: key)
            if let key, let used = intake.usedKey,
                let replay = try storedAnswer(of: used, for: key, of: account)
            {
                return .before(replay)
            }
            // A COMMIT whose answer was lost ran again, for a call without a key.
            guard !intake.isAccepted else {
                return .now(
                    acceptance(
                        of: order, balance: wallet.balances.available,
                        jobsAhead: try jobsAhead(of: order.videos[0].id)))
            }
            try intake.requireOpen()
            if intake.isPaused { try requireOpen(.orders) }
            if let quoted = order.draft.quotedPrice, quoted != order.draft.total {
                throw Conflict(.priceChanged, ["price": .money(order.draft.total)])
            }
            try checkRate(limit, of: account, after: intake.lastCall)
            try wallet.requireFunds(order.draft.total)
            try execute(
                """
                INSERT INTO generate_calls (id, account_id, number, created_at)
                VALUES (\(order.call), \(account), \(intake.lastCall + 1), UTC_TIMESTAMP(6))
                """)
            for (index, video) in order.videos.enumerated() {
                try insert(
                    video.id, callbackToken: video.callbackToken, of: order, by: user, for: account,
                    turn: Self.turn(intake.turn, plus: index), queueDeadline: queueDeadline)
                try wallet.hold(
                    order.draft.price, for: video.id, by: user, line: order.draft.line)
            }
            try markQueue(at: intake.turn, jobsAhead: intake.jobsAhead)
            try announceLowBalance(of: wallet)
            let answer = OrderAnswer.now(
                acceptance(
                    of: order, balance: wallet.balances.available, jobsAhead: intake.jobsAhead))
            if let key { try store(answer.stored, for: key, of: account) }
            return answer
        }
    }

    private func acceptance(of order: VideoOrder, balance: Money, jobsAhead: Int) -> Acceptance {
        Acceptance(
            videoIDs: order.videos.map(\.id), tierID: order.draft.tier.id,
            price: order.draft.total, estimatedSeconds: order.estimatedSeconds, balance: balance,
            jobsAhead: jobsAhead)
    }

    /// Throws ``RateLimited`` when the account has used up the window: when the call that is as many
    /// back as the limit allows is still in it. The next is free when that one leaves it.
    private func checkRate(
        _ limit: CallLimit, of account: AccountID, after lastCall: Int
    ) throws {
        // Who has never called as often has not used it up.
        guard lastCall >= limit.calls else { return }
        try refuse(
            limit,
            whenIn: """
                generate_calls
                WHERE account_id = \(account)
                    AND number = \(lastCall - limit.calls + 1)
                    AND created_at > UTC_TIMESTAMP(6) - INTERVAL \(limit.window.microseconds) MICROSECOND
                """)
    }

    /// The same for orders of credit. The caller has locked the wallet, so that two at once are
    /// counted one after the other.
    func checkPurchaseRate(_ limit: CallLimit, of account: AccountID) throws {
        try refuse(
            limit,
            whenIn: """
                purchases
                WHERE account_id = \(account)
                    AND created_at > UTC_TIMESTAMP(6) - INTERVAL \(limit.window.microseconds) MICROSECOND
                ORDER BY created_at DESC
                LIMIT 1 OFFSET \(limit.calls - 1)
                """)
    }

    private func refuse(_ limit: CallLimit, whenIn rows: SQL) throws {
        let freeInSeconds = try first(
            """
            SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6),
                created_at + INTERVAL \(limit.window.microseconds) MICROSECOND) AS free_in_seconds
            FROM \(sql: rows)
            """
        ) { row in try row("free_in_seconds") as Int }
        guard let freeInSeconds else { return }
        throw RateLimited(
            limit: limit.calls, windowSeconds: Int(limit.window.components.seconds),
            retryAfterSeconds: max(1, freeInSeconds + 1))
    }

    private func insert(
        _ id: VideoID, callbackToken: String, of order: VideoOrder, by user: UserID,
        for account: AccountID, turn: SQL, queueDeadline: Duration
    ) throws {
        let draft = order.draft
        let settings = draft.settings
        try execute(
            """
            INSERT INTO video_jobs
                (id, account_id, user_id, generate_call_id, tier, catalog_version, state, prompt,
                 negative_prompt, input_image_url, image_tail_url, duration_seconds, aspect_ratio,
                 resolution, mode, strength, seed, webhook_url, vendor_path, vendor_input,
                 estimated_cost_micros, user_charged_micros, callback_token, turn_at,
                 undo_until, next_attempt_at, deadline_at, created_at, state_at)
            VALUES (\(id), \(account), \(user), \(order.call), \(draft.tier.id),
                \(order.catalogVersion), 'queued', \(settings.prompt), \(settings.negativePrompt), \(settings.image),
                \(settings.imageTail), \(draft.duration), \(settings.aspectRatio),
                \(settings.resolution), \(settings.mode), \(settings.strength), \(settings.seed),
                \(draft.webhookURL), \(draft.tier.vendorPath), \(draft.vendorInput.json),
                \(draft.tier.cost(forSeconds: draft.duration, after: order.secondsMade)), \(draft.price), \(callbackToken),
                \(sql: turn), IF(\(draft.undoSeconds) > 0,
                    UTC_TIMESTAMP(6) + INTERVAL \(draft.undoSeconds) SECOND, NULL),
                UTC_TIMESTAMP(6) + INTERVAL \(draft.undoSeconds) SECOND,
                UTC_TIMESTAMP(6) + INTERVAL \(queueDeadline.microseconds) MICROSECOND,
                UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }
}

extension VideoDraft {
    /// What the line of one of its videos tells.
    fileprivate var line: LedgerLine {
        .video(tier: tier.id, name: tier.name, seconds: duration)
    }
}
