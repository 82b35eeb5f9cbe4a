import Domain
import FoundationEssentials
import Ledger
package import MariaDB

extension Connection {
    package func disputeCase(_ id: String) throws -> DisputeCase? {
        let found = try first(
            "SELECT purchase_id FROM disputes WHERE id = \(id)",
            { row in try row("purchase_id") as PurchaseID })
        guard let found, let purchase = try purchaseRecord(found),
            let dispute = try first(
                "\(sql: DisputeRecord.select) WHERE id = \(id)", DisputeRecord.init(row:)),
            let buyer = try buyer(of: found)
        else { return nil }
        let order = purchase.purchase
        let since = order.paidAt ?? order.createdAt
        let counts = try videoCounts(of: order.accountID, since: since)
        return try DisputeCase(
            dispute: dispute, purchase: purchase, address: buyer.address,
            receipt: documents(of: found, of: order.accountID).first { $0.kind == .receipt },
            joinedAt: buyer.joinedAt, verifiedAt: buyer.verifiedAt,
            terms: termsAcceptance(for: found), termsInForce: buyer.terms,
            videos: disputedVideos(of: order.accountID, since: since), videoCount: counts.all,
            deliveredCount: counts.delivered, signIns: signIns(of: order.userID),
            mails: mails(to: order.userID, since: order.createdAt), refunds: refunds(of: found),
            sent: evidence(against: id))
    }

    private func buyer(
        of purchase: PurchaseID
    ) throws -> (address: String?, terms: String?, joinedAt: Date, verifiedAt: Date?)? {
        try first(
            """
            SELECT purchases.address, terms_version, users.created_at, email_verified_at
            FROM purchases
            JOIN users ON users.id = purchases.user_id
            WHERE purchases.id = \(purchase)
            """
        ) { row in
            (
                address: try row("address") as String?,
                terms: try row("terms_version") as String?,
                joinedAt: try row("created_at") as Date,
                verifiedAt: try row("email_verified_at") as Date?
            )
        }
    }

    private func videoCounts(
        of account: AccountID, since: Date
    ) throws -> (all: Int, delivered: Int) {
        let counts = try first(
            """
            SELECT COUNT(*) AS ordered, COUNT(IF(state = 'delivered', 1, NULL)) AS delivered
            FROM video_jobs
            WHERE account_id = \(account) AND id >= \(VideoID.first(at: since))
            """
        ) { row in
            (all: try row("ordered") as Int, delivered: try row("delivered") as Int)
        }
        return counts ?? (all: 0, delivered: 0)
    }

    private func disputedVideos(
        of account: AccountID, since: Date
    ) throws -> [DisputeCase.Video] {
        let downloads = try downloads(of: account, from: .first(at: since))
        return try query(
            """
            SELECT id, tier, duration_seconds, user_charged_micros, created_at,
                IF(state = 'delivered', completed_at, NULL) AS delivered_at
            FROM video_jobs
            WHERE account_id = \(account) AND id >= \(VideoID.first(at: since))
            ORDER BY id DESC
            LIMIT \(DisputeCase.most)
            """
        ) { row in
            let id: VideoID = try row("id")
            return try DisputeCase.Video(
                id: id, tier: row("tier"), seconds: row("duration_seconds"),
                price: row("user_charged_micros"), orderedAt: row("created_at"),
                deliveredAt: row("delivered_at"), downloads: downloads[id] ?? [])
        }
    }

    private func signIns(of user: UserID) throws -> [DisputeCase.SignIn] {
        try query(
            """
            SELECT address, created_at, last_used_at
            FROM sessions
            WHERE user_id = \(user)
            ORDER BY created_at DESC
            LIMIT 20
            """
        ) { row in
            try DisputeCase.SignIn(
                address: row("address"), at: row("created_at"), lastUsedAt: row("last_used_at"))
        }
    }

    private func mails(to user: UserID, since: Date) throws -> [DisputeCase.Mail] {
        try query(
            """
            SELECT topic, sent_at
            FROM outbox
            WHERE user_id = \(user) AND channel = 'mail' AND id >= \(OutboxID.first(at: since))
                AND sent_at IS NOT NULL
            ORDER BY id DESC
            LIMIT 40
            """
        ) { row in try DisputeCase.Mail(topic: row("topic"), sentAt: row("sent_at")) }
    }
}
