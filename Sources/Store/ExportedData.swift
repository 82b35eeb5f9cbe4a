package import Domain
package import MariaDB

/// What is known of a person, as an export shows it: each part is a list of JSON objects, which the
/// database writes. What opens something (passwords, secrets, hashes) is in none.
package struct ExportedPart: Sendable {
    /// Of its file.
    package let name: String
    /// JSON text.
    package let objects: [String]
}

extension Connection {
    package func exportedData(of export: Export) throws -> [ExportedPart] {
        let (user, account) = (export.user, export.account)
        return try [
            part("account", Self.person(user)),
            part("terms", Self.terms(user)),
            part("sessions", Self.sessions(user)),
            part("videos", Self.videos(account)),
            part("downloads", Self.downloads(account)),
            part("credit", Self.lines(account)),
            part("purchases", Self.purchases(account)),
            part("pictures", Self.pictures(account)),
            part("webhooks", Self.webhooks(account)),
            part("mails", Self.mails(user)),
        ]
    }

    /// Names of the files of pictures that are there.
    package func exportedPictures(of account: AccountID) throws -> [PictureName] {
        try query(
            "SELECT name FROM uploads WHERE account_id = \(account) AND is_stored ORDER BY id"
        ) {
            row in PictureName(try row("name"))
        }.compactMap { $0 }
    }

    /// The videos that have files, and whether they have posters.
    package func exportedVideos(of account: AccountID) throws -> [VideoID] {
        try query(
            "SELECT id FROM video_jobs WHERE account_id = \(account) AND state = 'delivered' ORDER BY id"
        ) { row in try row("id") }
    }

    private func part(_ name: String, _ select: SQL) throws -> ExportedPart {
        ExportedPart(name: name, objects: try query(select) { row in try row("object") })
    }

    private static func time(_ column: SQL) -> SQL {
        "DATE_FORMAT(\(sql: column), '%Y-%m-%dT%H:%i:%s.%fZ')"
    }

    private static func dollars(_ column: SQL) -> SQL { "\(sql: column) / 1000000" }

    private static func person(_ user: UserID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'email', email, 'name', name, 'language', language,
            'emailVerifiedAt', \(sql: time("email_verified_at")),
            'createdAt', \(sql: time("created_at")), 'mutedMails', muted_notices,
            'codesSince', (SELECT \(sql: time("turned_on_at")) FROM second_factors
                WHERE user_id = users.id)) AS object
        FROM users WHERE id = \(user)
        """
    }

    private static func terms(_ user: UserID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'version', version, 'acceptedAt', \(sql: time("accepted_at")), 'address', address)
            AS object
        FROM terms_acceptances WHERE user_id = \(user) ORDER BY accepted_at
        """
    }

    private static func sessions(_ user: UserID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'createdAt', \(sql: time("created_at")), 'lastUsedAt', \(sql: time("last_used_at")),
            'program', user_agent, 'address', address) AS object
        FROM sessions WHERE user_id = \(user) ORDER BY id
        """
    }

    private static func videos(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'tier', tier, 'status', status, 'prompt', prompt,
            'negativePrompt', negative_prompt, 'image', input_image_url, 'imageTail', image_tail_url,
            'seconds', duration_seconds, 'aspectRatio', aspect_ratio, 'resolution', resolution,
            'mode', mode, 'strength', strength, 'seed', seed, 'webhookUrl', webhook_url,
            'price', \(sql: dollars("user_charged_micros")), 'createdAt', \(sql: time("created_at")),
            'completedAt', \(sql: time("completed_at")), 'downloadedAt', (
                SELECT \(sql: time("asked_at")) FROM video_downloads
                WHERE video_id = video_jobs.id AND way = 'file'),
            'width', file_width, 'height', file_height,
            'file', IF(state = 'delivered', CONCAT('videos/', id, '.mp4'), NULL)) AS object
        FROM video_jobs WHERE account_id = \(account) ORDER BY id
        """
    }

    /// Where others looked from who were shown a video is theirs, and is left out.
    private static func downloads(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'video', video_id, 'way', way, 'at', \(sql: time("asked_at")),
            'address', IF(way IN ('file', 'archive'), address, NULL)) AS object
        FROM video_downloads JOIN video_jobs ON video_jobs.id = video_id
        WHERE account_id = \(account) ORDER BY video_id, way
        """
    }

    private static func lines(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'type', type, 'amount', \(sql: dollars("amount_micros")),
            'balanceAfter', \(sql: dollars("balance_after_micros")), 'description', description,
            'video', job_id, 'purchase', purchase_id, 'createdAt', \(sql: time("created_at")))
            AS object
        FROM transactions WHERE account_id = \(account) ORDER BY id
        """
    }

    private static func purchases(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'package', package_id, 'state', state,
            'price', \(sql: dollars("price_micros")), 'createdAt', \(sql: time("created_at")),
            'paidAt', \(sql: time("paid_at")), 'stripePayment', payment_intent,
            'address', address, 'terms', terms_version) AS object
        FROM purchases WHERE account_id = \(account) ORDER BY id
        """
    }

    private static func pictures(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'file', CONCAT('pictures/', name, '.jpg'), 'width', width, 'height', height,
            'createdAt', \(sql: time("created_at"))) AS object
        FROM uploads WHERE account_id = \(account) AND is_stored ORDER BY id
        """
    }

    private static func webhooks(_ account: AccountID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'id', id, 'url', url, 'events', events, 'createdAt', \(sql: time("created_at"))) AS object
        FROM webhook_endpoints WHERE account_id = \(account) ORDER BY id
        """
    }

    private static func mails(_ user: UserID) -> SQL {
        """
        SELECT JSON_OBJECT(
            'kind', topic, 'writtenAt', \(sql: time("created_at")), 'sentAt', \(sql: time("sent_at")))
            AS object
        FROM outbox WHERE user_id = \(user) AND channel = 'mail' ORDER BY id
        """
    }
}
