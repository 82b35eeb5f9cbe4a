package import Domain
import FoundationEssentials
package import MariaDB
import Texts

// The row of a picture comes before its file and goes after it: a process that dies in between
// leaves a row that ``purgeUploads(limit:remove:)`` finds, and never a file that nobody knows.
extension Connection {
    /// Writes down that a picture is to be kept, under its name, before its file is put there. The
    /// same picture of an account has one row: the answer may be an older one.
    ///
    /// - Parameter isCounted: whether it is refused (``Conflict``) when the account keeps as much as
    ///   it may; not for what an order brings, which goes by itself.
    package func keepUpload(
        _ id: UploadID, _ name: PictureName, _ facts: PictureFacts, of account: AccountID,
        by user: UserID, isCounted: Bool
    ) throws -> Upload {
        try transaction {
            // Two at once count one after the other.
            try execute("SELECT id FROM accounts WHERE id = \(account) FOR UPDATE")
            // A file under another name may be on its way out.
            let known = try execute(
                """
                UPDATE uploads
                SET sent_at = UTC_TIMESTAMP(6), name = IF(is_stored, name, \(name.text))
                WHERE account_id = \(account) AND sha256 = \(facts.checksum)
                """)
            if known == 0 {
                if isCounted { try demandRoom(for: facts, of: account) }
                try execute(
                    """
                    INSERT INTO uploads (id, account_id, user_id, name, sha256, size_bytes, width,
                        height, created_at, sent_at)
                    VALUES (\(id), \(account), \(user), \(name.text), \(facts.checksum),
                        \(facts.sizeBytes), \(facts.width), \(facts.height), UTC_TIMESTAMP(6),
                        UTC_TIMESTAMP(6))
                    """)
            }
            guard
                let upload = try first(
                    """
                    \(sql: Self.uploadColumns)
                    WHERE account_id = \(account) AND sha256 = \(facts.checksum)
                    """, Upload.init(row:))
            else { throw NotFound() }
            return upload
        }
    }

    private func demandRoom(for facts: PictureFacts, of account: AccountID) throws {
        let kept = try first(
            """
            SELECT COUNT(*) AS pictures, CAST(COALESCE(SUM(size_bytes), 0) AS SIGNED) AS bytes
            FROM uploads
            WHERE account_id = \(account)
            """
        ) { row in (pictures: try row("pictures") as Int, bytes: try row("bytes") as Int) }
        guard let kept, kept.pictures < Upload.limit,
            kept.bytes + facts.sizeBytes <= Upload.limitBytes
        else { throw Conflict(.uploadsFull) }
    }

    /// Its file is in place: it is shown from now on.
    package func showUpload(_ upload: Upload) throws {
        try execute(
            """
            UPDATE uploads
            SET is_stored = TRUE
            WHERE id = \(upload.id) AND name = \(upload.name.text)
            """)
    }

    /// An account's pictures, newest first.
    package func uploads(
        of account: AccountID, before cursor: UploadID?, limit: Int
    ) throws -> [Upload] {
        let older: SQL = cursor.map { "AND id < \($0)" } ?? ""
        return try query(
            """
            \(sql: Self.uploadColumns)
            WHERE account_id = \(account) AND is_stored \(sql: older)
            ORDER BY id DESC
            LIMIT \(limit)
            """, Upload.init(row:))
    }

    /// The picture that an order of the account names, by its id or by its name: it is kept for
    /// seven days more. Nil when there is none.
    package func orderedUpload(
        _ id: UploadID?, _ name: PictureName?, of account: AccountID
    ) throws -> Upload? {
        let isMeant: SQL =
            "account_id = \(account) AND is_stored AND (id = \(id) OR name = \(name?.text))"
        return try transaction {
            try execute(
                "UPDATE uploads SET sent_at = UTC_TIMESTAMP(6) WHERE \(sql: isMeant)")
            return try first(
                "\(sql: Self.uploadColumns) WHERE \(sql: isMeant)", Upload.init(row:))
        }
    }

    /// A video is made from the picture, so that it stays. False when the account has none of this
    /// name.
    package func useUpload(_ name: PictureName, of account: AccountID) throws -> Bool {
        try execute(
            """
            UPDATE uploads
            SET used_at = UTC_TIMESTAMP(6)
            WHERE account_id = \(account) AND is_stored AND name = \(name.text)
            """) == 1
    }

    /// Takes a picture away. Throws ``NotFound``, and ``Conflict`` while a video is made from it.
    ///
    /// - Parameter remove: takes its file away.
    package func deleteUpload(
        _ id: UploadID, of account: AccountID, remove: (PictureName) throws -> Void
    ) throws {
        let name = try transaction { () -> PictureName in
            let found = try first(
                """
                SELECT name
                FROM uploads
                WHERE id = \(id) AND account_id = \(account) AND is_stored
                FOR UPDATE
                """
            ) { row in try PictureName(row("name") as String) }
            guard let name = found ?? nil else { throw NotFound() }
            let isUsed = try first(
                """
                SELECT EXISTS (
                    SELECT 1
                    FROM video_jobs
                    WHERE account_id = \(account) AND status IN ('pending', 'processing')
                        AND LOCATE(\(name.text), vendor_input) > 0
                ) AS is_used
                """
            ) { row in try row("is_used") as Bool }
            guard isUsed == false else { throw Conflict(.uploadInUse) }
            try hideUpload(id)
            return name
        }
        try finishUpload(id, name, remove)
    }

    /// Takes away what nobody made a video from within seven days, and what was never whole.
    /// Returns how many of at most `limit`.
    package func purgeUploads(
        limit: Int, remove: (PictureName) throws -> Void
    ) throws -> Int {
        let conditions: [SQL] = [
            "is_stored = FALSE AND sent_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR",
            """
            used_at IS NULL AND sent_at < UTC_TIMESTAMP(6) - INTERVAL \(Upload.unusedDays) DAY
            """,
        ]
        var count = 0
        for isOver in conditions {
            let over = try query(
                "SELECT id, name FROM uploads WHERE \(sql: isOver) LIMIT \(limit - count)"
            ) { row in (id: try row("id") as UploadID, name: PictureName(try row("name"))) }
            for (id, name) in over {
                guard let name else { continue }
                try execute(
                    """
                    UPDATE uploads
                    SET is_stored = FALSE
                    WHERE id = \(id) AND name = \(name.text) AND \(sql: isOver)
                    """)
                try finishUpload(id, name, remove)
            }
            count += over.count
        }
        return count
    }

    private func hideUpload(_ id: UploadID) throws {
        try execute("UPDATE uploads SET is_stored = FALSE WHERE id = \(id)")
    }

    /// Takes the file of a picture away that is hidden, then its row; whoever has sent it again
    /// meanwhile has given it another name.
    private func finishUpload(
        _ id: UploadID, _ name: PictureName, _ remove: (PictureName) throws -> Void
    ) throws {
        let isHidden = try first(
            "SELECT NOT is_stored AS is_hidden FROM uploads WHERE id = \(id) AND name = \(name.text)"
        ) { row in try row("is_hidden") as Bool }
        guard isHidden == true else { return }
        try remove(name)
        try execute(
            "DELETE FROM uploads WHERE id = \(id) AND name = \(name.text) AND NOT is_stored")
    }

    private static var uploadColumns: SQL {
        """
        SELECT id, name, sha256, size_bytes, width, height, created_at,
            IF(used_at IS NULL, sent_at + INTERVAL \(Upload.unusedDays) DAY, NULL) AS expires_at
        FROM uploads
        """
    }
}

extension Upload {
    fileprivate init(row: Row) throws {
        guard let name = PictureName(try row("name")) else { throw UnreadableUpload() }
        try self.init(
            id: row("id"), name: name,
            facts: PictureFacts(
                width: row("width"), height: row("height"), sizeBytes: row("size_bytes"),
                checksum: row("sha256")),
            createdAt: row("created_at"), expiresAt: row("expires_at"))
    }
}

/// A row names no picture, as no statement of ours writes it.
struct UnreadableUpload: Error {}
