package import Domain
import FoundationEssentials
import JSON
import Ledger
package import MariaDB

package enum OutboxKind {}
/// A mail or a webhook that is to be sent; of a webhook it is also what names it to the receiver.
package typealias OutboxID = ID<OutboxKind>

extension NoticeKind: SQLConvertible {}
extension WebhookEvent: SQLConvertible {}

// MARK: - Writing

// Each of these is called in the transaction whose effect it tells of (J12).
extension Connection {
    /// Tells of a balance that has fallen below ``lowBalanceThreshold``, once until it was above
    /// again. Mostly there is more, and then nothing is asked.
    func announceLowBalance(of wallet: borrowing LockedWallet) throws {
        guard try wallet.noteLow() else { return }
        let (account, available) = (wallet.account, wallet.balances.available)
        let fall = OutboxID.new()
        try tell(
            .lowBalance(available: available), toOwnerOf: account,
            opKey: "mail:credits.low:\(fall)")
        for target in try targets(of: .creditsLow, account: account) {
            try enqueueWebhook(
                WebhookEvent.creditsLow.rawValue, .balance(available), to: target, of: account,
                opKey: "webhook:credits.low:\(fall):\(target.endpoint?.description ?? "")")
        }
    }

    /// Writes a mail, unless mail is off, the user has switched this kind off, or nobody has proved
    /// yet that the user's address is theirs: a stranger is not to read what somebody else does.
    /// It is sent `after` that long at the earliest. Returns whether there is one.
    @discardableResult
    func tell(
        _ notice: Notice, to user: UserID, opKey: String, after delay: Duration = .zero
    ) throws -> Bool {
        try execute(
            mail(notice, to: provedAddress(of: user), opKey: opKey, after: delay)) > 0
    }

    /// Writes a mail about what is the account's to its owner, under the same conditions.
    func tell(_ notice: Notice, toOwnerOf account: AccountID, opKey: String) throws {
        let owner: SQL = "users.id = \(sql: .owner(of: account)) AND email_verified_at IS NOT NULL"
        try execute(mail(notice, to: owner, opKey: opKey))
    }

    /// Writes a mail to the one user that `condition` finds, if any, unless it was written before.
    func tellOnce(_ notice: Notice, to condition: SQL, opKey: String) throws {
        try execute(
            """
            \(sql: mail(notice, to: condition, opKey: opKey))
            ON DUPLICATE KEY UPDATE topic = outbox.topic
            """)
    }

    func provedAddress(of user: UserID) -> SQL {
        "users.id = \(user) AND email_verified_at IS NOT NULL"
    }

    private func mail(
        _ notice: Notice, to condition: SQL, opKey: String, after delay: Duration = .zero
    ) -> SQL {
        """
        INSERT INTO outbox
            (id, channel, topic, user_id, op_key, payload, next_attempt_at, created_at)
        SELECT \(OutboxID.new()), 'mail', \(notice.kind), users.id, \(opKey), \(notice.json),
            UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND, UTC_TIMESTAMP(6)
        FROM users
        JOIN switches ON switches.name = 'mail' AND is_on
        WHERE \(sql: condition) AND blocked_at IS NULL
            AND NOT FIND_IN_SET(\(notice.kind), muted_notices)
        """
    }

    func call(_ event: WebhookEvent, about job: VideoID, of account: AccountID) throws {
        var targets = try targets(of: event, account: account)
        let own = try first("SELECT webhook_url FROM video_jobs WHERE id = \(job)") { row in
            try row("webhook_url") as String?
        }
        if let url = own ?? nil { targets.append(WebhookTarget(endpoint: nil, url: url)) }
        for target in targets {
            try enqueueWebhook(
                event.rawValue, .job(job), to: target, of: account,
                opKey: "webhook:\(event.rawValue):\(job):\(target.endpoint?.description ?? "own")")
        }
    }

    private func targets(of event: WebhookEvent, account: AccountID) throws -> [WebhookTarget] {
        try query(
            """
            SELECT id, url
            FROM webhook_endpoints
            WHERE account_id = \(account) AND FIND_IN_SET(\(event), events) AND disabled_at IS NULL
            ORDER BY id
            """
        ) { row in try WebhookTarget(endpoint: row("id"), url: row("url")) }
    }

    func enqueueWebhook(
        _ type: String, _ subject: WebhookSubject, to target: WebhookTarget, of account: AccountID,
        opKey: String, id: OutboxID = .new()
    ) throws {
        try execute(
            """
            INSERT INTO outbox
                (id, channel, topic, account_id, endpoint_id, url, op_key, payload, next_attempt_at,
                 created_at)
            VALUES (\(id), 'webhook', \(type), \(account), \(target.endpoint), \(target.url),
                \(opKey), \(subject.json), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }
}

struct WebhookTarget {
    /// Nil for the address that an order names itself.
    let endpoint: WebhookEndpointID?
    let url: String
}

/// What a webhook tells about.
package enum WebhookSubject: Equatable, Sendable {
    case job(VideoID)
    case balance(Money)
    /// Nothing: it was sent to see whether it arrives.
    case test
}

// MARK: - Mail on and off

extension Connection {
    /// Says whether mail is sent at all. `serve` and the commands write mail in their transactions
    /// too, and only `work` knows whether anybody will send it: so the database holds it. Switched
    /// off, what was not sent is dropped, so that nobody reads old news when it is on again.
    package func setMail(isOn: Bool) throws {
        try transaction {
            let isChanged = try turn(.mail, isOn: isOn)
            if isOn {
                guard isChanged else { return }
                try setHealth("mail", isHealthy: true, detail: "nothing was sent yet")
            } else {
                try execute("DELETE FROM health_checks WHERE name = 'mail'")
                try execute("DELETE FROM outbox WHERE channel = 'mail' AND sent_at IS NULL")
            }
        }
    }

    /// The mails that the user has switched off.
    package func mutedNotices(of user: UserID) throws -> Set<NoticeKind> {
        let list = try first("SELECT muted_notices FROM users WHERE id = \(user)") { row in
            try row("muted_notices") as String
        }
        guard let list else { throw NotFound() }
        return Set(NoticeKind.words(in: list))
    }

    /// Switches mails on (true) or off; those that are not named stay as they are.
    package func changeMutedNotices(of user: UserID, _ changes: [NoticeKind: Bool]) throws {
        guard !changes.isEmpty else { return }
        try transaction {
            // Two changes at once are made one after the other.
            try execute("SELECT id FROM users WHERE id = \(user) FOR UPDATE")
            let muted = try mutedNotices(of: user)
            let list = NoticeKind.optional.filter { kind in
                changes[kind].map { !$0 } ?? muted.contains(kind)
            }
            try execute(
                """
                UPDATE users SET muted_notices = \(list.map(\.rawValue).joined(separator: ","))
                WHERE id = \(user)
                """)
        }
    }
}

// MARK: - Credit that lapses

extension Connection {
    /// Writes the mails to owners of accounts whose credit lapses within 14 days, and within 3, for
    /// the lots of a day together. Credit that is younger than a day is left alone: whoever has just
    /// got it knows. Returns how many were written; call it until that is none.
    package func remindOfLapsingCredit(limit: Int) throws -> Int {
        let due = try query(
            """
            SELECT notices.account_id, notice, lapses_at, amount_micros
            FROM (SELECT lots.account_id, MIN(lots.expires_at) AS lapses_at,
                      SUM(remaining_micros) AS amount_micros, lots.notice
                  FROM (SELECT account_id, expires_at, remaining_micros,
                            CONCAT('mail:credit.lapsing:', account_id, ':', DATE(expires_at), ':',
                                IF(expires_at <= UTC_TIMESTAMP(6) + INTERVAL 3 DAY, 3, 14))
                                AS notice
                        FROM credit_lots
                        WHERE credit_lots.lapses_at > UTC_TIMESTAMP(6)
                            AND credit_lots.lapses_at <= UTC_TIMESTAMP(6) + INTERVAL 14 DAY
                            AND created_at <= UTC_TIMESTAMP(6) - INTERVAL 1 DAY) AS lots
                  GROUP BY lots.account_id, lots.notice) AS notices
            JOIN users ON users.id = \(sql: .owner(of: "notices.account_id"))
            JOIN switches ON switches.name = 'mail' AND is_on
            WHERE blocked_at IS NULL AND email_verified_at IS NOT NULL
                AND NOT FIND_IN_SET('creditLapsing', muted_notices)
                AND NOT EXISTS (SELECT 1 FROM outbox WHERE op_key = notice)
            LIMIT \(limit)
            """
        ) { row in
            (
                account: try row("account_id") as AccountID, opKey: try row("notice") as String,
                lapsesAt: try row("lapses_at") as Date, amount: try row("amount_micros") as Money
            )
        }
        for notice in due {
            do {
                try tell(
                    .creditLapsing(amount: notice.amount, lapsesAt: notice.lapsesAt),
                    toOwnerOf: notice.account, opKey: notice.opKey)
            } catch let error as DatabaseError
                where error.kind == .duplicateKey(constraint: "outbox_op_unique")
            {
                // Another worker was quicker.
            }
        }
        return due.count
    }
}

// MARK: - What is kept of it as JSON

extension Notice {
    var json: String {
        .json { json in
            switch self {
            case .videoReady(let id), .videoFailed(let id): json.member("job", id.description)
            case .videosReady(let call), .videosFailed(let call):
                json.member("call", call.description)
            case .receipt(let id): json.member("purchase", id.description)
            case .creditLapsing(let amount, let lapsesAt):
                json.member("amountMicros", Int(amount.micros))
                json.member("lapsesAt", Int(lapsesAt.timeIntervalSince1970))
            case .lowBalance(let available):
                json.member("availableMicros", Int(available.micros))
            case .addressToProve(let id), .passwordToReset(let id):
                json.member("token", id.description)
            case .addressChanging(let address): json.member("address", address)
            case .addressChanged(let old, let new):
                json.member("recipient", old)
                json.member("address", new)
            case .passwordChanged, .addressInUse, .signInsRefused, .secondFactorOn,
                .secondFactorOff, .exportReady, .test:
                break
            case .accountLeaving(let date):
                json.member("leavesAt", Int(date.timeIntervalSince1970))
            case .recoveryCodeUsed(let left): json.member("left", left)
            case .webhookFailing(let url), .webhookOff(let url): json.member("url", url)
            }
        }
    }

    /// Reads what ``json`` wrote.
    init(_ kind: NoticeKind, json text: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        func id<Kind>(_ name: String) throws -> ID<Kind> {
            guard let id = json[name]?.string.flatMap({ ID<Kind>($0) }) else {
                throw UnreadableMessage()
            }
            return id
        }
        func address(_ name: String) throws -> String {
            guard let address = json[name]?.string else { throw UnreadableMessage() }
            return address
        }
        func number(_ name: String) throws -> Int64 {
            guard let number = json[name]?.integer else { throw UnreadableMessage() }
            return number
        }
        switch kind {
        case .videoReady:
            self = json["job"] == nil ? .videosReady(try id("call")) : .videoReady(try id("job"))
        case .videoFailed:
            self = json["job"] == nil ? .videosFailed(try id("call")) : .videoFailed(try id("job"))
        case .receipt: self = .receipt(try id("purchase"))
        case .creditLapsing:
            self = .creditLapsing(
                amount: Money(micros: try number("amountMicros")),
                lapsesAt: Date(timeIntervalSince1970: Double(try number("lapsesAt"))))
        case .lowBalance:
            self = .lowBalance(available: Money(micros: try number("availableMicros")))
        case .addressToProve: self = .addressToProve(try id("token"))
        case .passwordToReset: self = .passwordToReset(try id("token"))
        case .passwordChanged: self = .passwordChanged
        case .addressChanging: self = .addressChanging(to: try address("address"))
        case .addressChanged:
            self = .addressChanged(from: try address("recipient"), to: try address("address"))
        case .addressInUse: self = .addressInUse
        case .signInsRefused: self = .signInsRefused
        case .secondFactorOn: self = .secondFactorOn
        case .secondFactorOff: self = .secondFactorOff
        case .exportReady: self = .exportReady
        case .accountLeaving:
            self = .accountLeaving(
                at: Date(timeIntervalSince1970: Double(try number("leavesAt"))))
        case .recoveryCodeUsed: self = .recoveryCodeUsed(left: Int(try number("left")))
        case .webhookFailing: self = .webhookFailing(try address("url"))
        case .webhookOff: self = .webhookOff(try address("url"))
        case .test: self = .test
        }
    }
}

extension WebhookSubject {
    var json: String {
        .json { json in
            switch self {
            case .job(let id): json.member("job", id.description)
            case .balance(let available): json.member("availableMicros", Int(available.micros))
            case .test: break
            }
        }
    }

    /// Reads what ``json`` wrote.
    init(json text: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        if let job = json["job"]?.string.flatMap({ VideoID($0) }) {
            self = .job(job)
        } else if let micros = json["availableMicros"]?.integer {
            self = .balance(Money(micros: micros))
        } else {
            self = .test
        }
    }

    /// The job that it tells about.
    package var job: VideoID? {
        if case .job(let id) = self { id } else { nil }
    }
}

/// A row of the outbox does not hold what its topic needs: a defect.
struct UnreadableMessage: Error {}

extension String {
    /// A JSON object with the members that `write` writes.
    fileprivate static func json(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        write(&json)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
