package import Domain
import Ledger
package import MariaDB

/// A caller's own name for a call that costs money, with the hash of what was sent.
package struct ClientKey: Hashable, Sendable {
    package let key: String
    /// SHA-256 of method, path and body.
    package let requestHash: [UInt8]

    package init(key: String, requestHash: [UInt8]) {
        self.key = key
        self.requestHash = requestHash
    }
}

/// The answer that was given to a call, to be given again.
package struct StoredAnswer: Hashable, Sendable {
    package let status: Int
    package let body: String

    package init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}

/// The answer to an order of videos.
package enum OrderAnswer: Hashable, Sendable {
    case now(Acceptance)
    /// The same call was answered before.
    case before(StoredAnswer)

    /// What is stored for the call's key.
    package var stored: StoredAnswer {
        switch self {
        case .now(let acceptance): StoredAnswer(status: 202, body: acceptance.json)
        case .before(let answer): answer
        }
    }
}

/// A key that was used.
struct UsedKey {
    let requestHash: [UInt8]
    let status: Int?
    let answer: String?
    /// Whether its day is over.
    let isOver: Bool

    /// Nil when the row has no key.
    init?(row: Row) throws {
        guard let hash = try row("request_hash") as [UInt8]? else { return nil }
        requestHash = hash
        status = try row("status_code")
        answer = try row("answer")
        isOver = try row("is_over")
    }
}

/// How a call with a key that is in use goes on.
package enum KeyClaim: Sendable {
    /// The key is new; `purchase` was written under it.
    case claimed
    /// The call was answered before.
    case answered(StoredAnswer)
    /// The first call has not finished: it runs now, or its process died.
    case unfinished(PurchaseID)
}

extension Connection {
    /// The answer that was stored for the key; nil when its day is over: then it is taken away, so
    /// that `store` finds it free. Throws ``IdempotencyConflict`` when it came with another request.
    /// The caller has locked the account's wallet, as all do who write keys, and read `used` since.
    func storedAnswer(
        of used: UsedKey, for key: ClientKey, of account: AccountID
    ) throws -> StoredAnswer? {
        guard !used.isOver else {
            try forgetExpired(key, of: account)
            return nil
        }
        guard used.requestHash == key.requestHash, let status = used.status,
            let answer = used.answer
        else { throw IdempotencyConflict() }
        return StoredAnswer(status: status, body: answer)
    }

    /// Stores the answer under a key that is free, or that `storedAnswer` has just made so.
    func store(_ answer: StoredAnswer, for key: ClientKey, of account: AccountID) throws {
        try execute(
            """
            INSERT INTO idempotency_keys
                (account_id, client_key, request_hash, status_code, answer, created_at)
            VALUES (\(account), \(key.key), \(key.requestHash), \(answer.status), \(answer.body),
                UTC_TIMESTAMP(6))
            """)
    }

    /// Writes a purchase, and with it the key under which its answer will be stored; or says what
    /// the key was used for before. Throws ``RateLimited`` beyond the limit, which a purchase that is
    /// there already does not count against again, and what ``requireOpen(_:)`` and
    /// ``checkFindings(about:)`` do.
    package func claim(
        _ key: ClientKey?, for purchase: PurchaseID, of package: Package, catalogVersion: Int,
        account: AccountID, by user: UserID, from address: String? = nil,
        under terms: PurchaseTerms = .unknown, isLive: Bool, limit: CallLimit
    ) throws -> KeyClaim {
        try transaction {
            try lockWallet(of: account)
            if let key, let found = try unfinishedOrAnswered(key, of: account) {
                // A COMMIT whose answer was lost ran again: the key is this call's own.
                if case .unfinished(purchase) = found { return .claimed }
                return found
            }
            if try self.purchase(purchase) == nil {
                try requireOpen(.purchases)
                try checkFindings(about: account)
                try checkPurchaseRate(limit, of: account)
                try insertPurchase(
                    purchase, of: package, catalogVersion: catalogVersion, for: account,
                    by: user, from: address, under: terms, isLive: isLive)
            }
            if let key {
                try forgetExpired(key, of: account)
                try execute(
                    """
                    INSERT INTO idempotency_keys
                        (account_id, client_key, request_hash, purchase_id, created_at)
                    VALUES (\(account), \(key.key), \(key.requestHash), \(purchase),
                        UTC_TIMESTAMP(6))
                    """)
            }
            return .claimed
        }
    }

    private func unfinishedOrAnswered(_ key: ClientKey, of account: AccountID) throws -> KeyClaim? {
        let found = try first(
            """
            SELECT request_hash, status_code, answer, purchase_id
            FROM idempotency_keys
            WHERE account_id = \(account) AND client_key = \(key.key)
                AND created_at > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
            """
        ) { row in
            (
                hash: try row("request_hash") as [UInt8], status: try row("status_code") as Int?,
                answer: try row("answer") as String?,
                purchase: try row("purchase_id") as PurchaseID?
            )
        }
        guard let found else { return nil }
        guard found.hash == key.requestHash else { throw IdempotencyConflict() }
        if let status = found.status, let answer = found.answer {
            return .answered(StoredAnswer(status: status, body: answer))
        }
        guard let purchase = found.purchase else { throw IdempotencyConflict() }
        return .unfinished(purchase)
    }

    /// Stores the answer of a purchase call under its key, if none is stored yet.
    package func finish(_ key: ClientKey, of account: AccountID, with answer: StoredAnswer) throws {
        try execute(
            """
            UPDATE idempotency_keys
            SET status_code = \(answer.status), answer = \(answer.body)
            WHERE account_id = \(account) AND client_key = \(key.key) AND answer IS NULL
            """)
    }

    private func forgetExpired(_ key: ClientKey, of account: AccountID) throws {
        try execute(
            """
            DELETE FROM idempotency_keys
            WHERE account_id = \(account) AND client_key = \(key.key)
                AND created_at <= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
            """)
    }

    /// Takes away keys whose day is over, 1,000 at most. Returns how many.
    @discardableResult
    package func purgeIdempotencyKeys() throws -> Int {
        try execute(
            """
            DELETE FROM idempotency_keys
            WHERE created_at <= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
            LIMIT 1000
            """)
    }
}
