package import Addresses
package import Curl
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
package import Logging
package import MariaDB
package import Sodium
package import Store
import System

/// How mail leaves the shop.
package enum MailRoute: Sendable, Equatable {
    case server(SMTPServer)
    /// A folder, which gets one `.eml` file for each mail.
    case folder(String)
}

package struct MailSettings: Sendable, Equatable {
    package var route: MailRoute
    package var sender: MailSender

    package init(route: MailRoute, sender: MailSender) {
        self.route = route
        self.sender = sender
    }
}

package struct CourierSettings: Sendable {
    package var appURL: String
    /// Nil: mail is off.
    package var mail: MailSettings?
    /// Who is told when somebody is needed; nil for nobody.
    package var operatorMail: String?
    /// Named in receipts.
    package var creditPolicy: CreditPolicy
    /// Origins that webhooks may be sent to although they are neither HTTPS nor public.
    package var exceptOrigins: [Origin]
    /// Makes the secret part of the links in mails.
    package var links: LinkTokens

    package init(
        appURL: String, mail: MailSettings?, operatorMail: String? = nil,
        creditPolicy: CreditPolicy, exceptOrigins: [Origin], links: LinkTokens
    ) {
        self.appURL = appURL
        self.mail = mail
        self.operatorMail = operatorMail
        self.creditPolicy = creditPolicy
        self.exceptOrigins = exceptOrigins
        self.links = links
    }
}

/// Sends what the outbox holds, one message at a time, on one thread. A message whose sender dies
/// is sent again when its lease is over, so it may arrive twice and never not at all.
package final class Courier {
    /// Longer than any one message can take, with the time to write its end down.
    private static let lease = Duration.seconds(60)

    let settings: CourierSettings
    let database: Connection
    let curl: Curl
    let log: Logger
    private let patience: Duration
    private var askedForOperatorAt: ContinuousClock.Instant?

    /// - Parameters:
    ///   - curl: bounds each message by its timeout, which is shorter than the lease, and for
    ///     webhooks the addresses that may be called.
    ///   - patience: how long what became of a message is kept for a database that is away.
    package init(
        settings: CourierSettings, database: Connection, curl: Curl, log: Logger,
        patience: Duration = .seconds(20)
    ) {
        self.settings = settings
        self.database = database
        self.curl = curl
        self.log = log
        self.patience = patience
    }

    // MARK: Mail

    /// Sends the next mail that is due. Returns whether there was one.
    package func sendNextMail() throws -> Bool {
        guard let mail = settings.mail, let claimed = try database.claimMail(lasting: Self.lease)
        else { return false }
        let claim = claimed.claim
        guard let text = try text(of: claimed.notice, for: claim.userID) else {
            try note(claim) {
                try database.noteFailed(claim, problem: "it is gone", retryAfter: nil)
            }
            return true
        }
        let message = MailMessage(
            id: claim.id.description, sender: mail.sender, recipient: claimed.recipient,
            subject: text.subject, text: text.body, date: claim.createdAt)
        switch deliver(message, by: mail) {
        case nil:
            try note(claim) { try database.noteSent(claim) }
            try database.setHealth("mail", isHealthy: true, detail: "the last mail was taken")
        case let problem?:
            let delay =
                problem.isFinal ? nil : RetrySchedule.mail.delay(afterFailures: claim.failures + 1)
            log.warning(
                delay == nil ? "a mail was given up" : "a mail has to wait",
                metadata: ["mail": "\(claim.id)", "problem": "\(problem.message)"])
            try note(claim) {
                try database.noteFailed(claim, problem: problem.message, retryAfter: delay)
            }
            // One that is refused for good says nothing about the server.
            if !problem.isFinal {
                try database.setHealth("mail", isHealthy: false, detail: problem.message)
            }
        }
        return true
    }

    /// Tells the operator what needs a person, when there is something that they do not know yet
    /// and they were told of nothing for an hour. Looks every half minute.
    package func tellOperator() throws {
        guard let mail = settings.mail, let recipient = settings.operatorMail else { return }
        let now = ContinuousClock.now
        if let last = askedForOperatorAt, now - last < .seconds(30) { return }
        askedForOperatorAt = now
        guard let items = try database.claimOperatorNotice(lasting: Self.lease) else { return }
        let text = MailText.attention(items, appURL: settings.appURL)
        let message = MailMessage(
            id: OutboxID.new().description, sender: mail.sender, recipient: recipient,
            subject: text.subject, text: text.body, date: try database.databaseTime())
        if let problem = deliver(message, by: mail) {
            // Tried again when the lease is over.
            log.error(
                "the operator could not be told", metadata: ["problem": "\(problem.message)"])
            return
        }
        try database.noteTold(items)
        log.notice("the operator was told", metadata: ["items": "\(items.count)"])
    }

    private struct MailProblem {
        let message: String
        let isFinal: Bool
    }

    private func deliver(_ message: MailMessage, by mail: MailSettings) -> MailProblem? {
        switch mail.route {
        case .server(let server):
            do throws(MailError) {
                try curl.send(
                    OutboundMail(
                        sender: mail.sender.address, recipient: message.recipient,
                        message: message.bytes), by: server)
                return nil
            } catch {
                return MailProblem(message: error.message, isFinal: error.isFinal)
            }
        case .folder(let folder):
            do throws(SystemError) {
                // Named by its id, so that the same mail again takes the place of the first.
                let file = try DurableFile(path: "\(folder)/\(message.id).eml")
                try file.write(message.bytes)
                try file.commit()
                return nil
            } catch {
                return MailProblem(message: "\(error)", isFinal: false)
            }
        }
    }

    /// Nil when what the mail would tell of is not there any more.
    private func text(of notice: Notice, for user: UserID) throws -> MailText? {
        let appURL = settings.appURL
        switch notice {
        case .videoReady(let id):
            return try database.video(id, of: user).map { .videoReady($0, appURL: appURL) }
        case .videoFailed(let id):
            return try database.video(id, of: user).map { .videoFailed($0, appURL: appURL) }
        case .receipt(let id):
            guard let purchase = try database.purchase(id, of: user), let paidAt = purchase.paidAt
            else { return nil }
            let days = settings.creditPolicy.expiry.map { Int($0.components.seconds / 86_400) }
            return .receipt(purchase, paidAt: paidAt, lastingDays: days, appURL: appURL)
        case .creditLapsing(let amount, let date):
            return .creditLapsing(amount: amount, at: date, appURL: appURL)
        case .lowBalance(let available):
            return .lowBalance(available: available, appURL: appURL)
        case .addressToProve(let id), .passwordToReset(let id):
            // Nil too when the secret was changed twice since the mail was written.
            guard let link = try database.openLink(id),
                let token = settings.links.token(of: id.description, hash: link.hash)
            else { return nil }
            return .link(link.purpose, token: token, appURL: appURL)
        case .passwordChanged: return .passwordChanged(appURL: appURL)
        case .addressChanging(let address): return .addressChanging(to: address, appURL: appURL)
        case .addressChanged(_, let address): return .addressChanged(to: address, appURL: appURL)
        case .addressInUse: return .addressInUse(appURL: appURL)
        case .signInsRefused: return .signInsRefused(appURL: appURL)
        case .webhookFailing(let url): return .webhookFailing(url, appURL: appURL)
        case .webhookOff(let url): return .webhookOff(url, appURL: appURL)
        }
    }

    // MARK: Webhooks

    /// How long a server has that is not known to be slow, and one that is tested.
    private static let hurry = Duration.seconds(5)

    /// Sends the next webhook that is due in the lane, or in both. Returns whether there was one.
    package func sendNextWebhook(_ lane: WebhookLane? = nil) throws -> Bool {
        guard let claimed = try database.claimWebhook(lane, lasting: Self.lease) else {
            return false
        }
        let claim = claimed.claim
        guard let body = try body(of: claimed) else {
            try note(claim) {
                try database.noteEnd(
                    claimed, statusCode: nil, problem: "The video was deleted.", took: .zero,
                    retryAfter: nil, wasSent: false)
            }
            return true
        }
        let secret =
            try claimed.secret
            ?? database.keepWebhookSecret(of: claim.userID, orElse: randomBytes(32))
        let started = ContinuousClock.now
        let isHurried = lane == .fast || claimed.subject == .test
        let (status, problem) = send(
            body, of: claimed, secret: secret, within: isHurried ? Self.hurry : nil)
        let took = started.duration(to: .now)
        let delay =
            problem == nil
            ? nil : RetrySchedule.webhook.delay(afterFailures: claim.failures + 1)
        try note(claim) {
            try database.noteEnd(
                claimed, statusCode: status, problem: problem, took: took, retryAfter: delay)
        }
        return true
    }

    /// Sends the request once and judges its answer: only a 2xx is a success, a redirect is not.
    /// What else the answer says is not read.
    private func send(
        _ body: [UInt8], of webhook: ClaimedWebhook, secret: [UInt8], within timeout: Duration?
    ) -> (status: Int?, problem: String?) {
        let url: WebURL
        do throws(AddressProblem) {
            // Judged again: what was excepted when it was registered may not be any more.
            url = try WebURL(public: webhook.url, except: settings.exceptOrigins)
        } catch {
            return (nil, error.message)
        }
        let signature = WebhookSignature(
            id: "msg_\(webhook.claim.id)", timestamp: Int(Date().timeIntervalSince1970),
            body: body, secret: secret)
        do throws(TransportError) {
            var request = OutboundRequest(
                method: .post, url: url.text, fields: signature.fields, body: body)
            request.timeout = timeout
            request.readsBody = false
            let code = try curl.send(request).status.code
            return (code, (200..<300).contains(code) ? nil : "The answer was \(code).")
        } catch {
            return (nil, error.message)
        }
    }

    /// `{"type", "timestamp", "data"}`: the same bytes each time, for what it tells of has ended.
    /// Nil when the job is not there any more.
    private func body(of webhook: ClaimedWebhook) throws -> [UInt8]? {
        var video: Video?
        if case .job(let id) = webhook.subject {
            video = try database.video(id, of: webhook.claim.userID)
            if video == nil { return nil }
        }
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.member("type", webhook.type)
        json.member("timestamp", video?.completedAt ?? webhook.claim.createdAt)
        json.key("data")
        json.beginObject()
        switch webhook.subject {
        case .job:
            if let video { json.members(of: video, estimate: nil, appURL: settings.appURL) }
        case .balance(let available):
            json.member("available", available)
            json.member("threshold", lowBalanceThreshold)
        case .test:
            json.member("message", "Your endpoint works.")
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    // MARK: What became of it

    /// Writes an outcome down, again and again while the database is away or refuses: it is known
    /// here alone, and without it the message goes out once more. Returns whether it stands there.
    @discardableResult
    private func note(_ claim: OutboxClaim, _ change: () throws -> Void) throws -> Bool {
        do {
            try database.persist(patience: patience, change)
            return true
        } catch is LeaseLost {
            log.warning("another sender has the message", metadata: ["message": "\(claim.id)"])
            return false
        }
    }
}
