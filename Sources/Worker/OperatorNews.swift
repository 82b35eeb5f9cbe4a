import Curl
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Store
import System
import Texts

/// Who runs the shop, and how and when they are told of it.
package struct OperatorSettings: Sendable, Equatable {
    /// Nil for nobody; with mail alone.
    package var mail: String?
    /// Takes `{"text"}`, as incoming webhooks of Slack and Mattermost do; nil for none.
    package var webhook: String?
    package var quietHours: QuietHours?
    /// The hour (UTC) from which on they are told each day of the one before; nil for never.
    package var digestHour: Int?

    package init(
        mail: String? = nil, webhook: String? = nil, quietHours: QuietHours? = nil,
        digestHour: Int? = nil
    ) {
        self.mail = mail
        self.webhook = webhook
        self.quietHours = quietHours
        self.digestHour = digestHour
    }
}

/// Hours of each day (UTC) in which nobody is to be told of anything, such as 22 to 7.
package struct QuietHours: Sendable, Equatable {
    /// The first of them, and the first after them; the same for none.
    package let from: Int
    package let to: Int

    /// Nil unless both are hours, 0 to 23.
    package init?(from: Int, to: Int) {
        guard (0..<24).contains(from), (0..<24).contains(to) else { return nil }
        self.from = from
        self.to = to
    }

    package func contains(_ hour: Int) -> Bool {
        from <= to ? (from..<to).contains(hour) : hour >= from || hour < to
    }
}

extension Courier {
    /// Tells the operator what needs a person, when there is something that they do not know yet
    /// and they were told of nothing for an hour, and each morning what the day before brought; not
    /// in quiet hours. Looks every half minute.
    package func tellOperator() throws {
        guard settings.operator.webhook != nil || mailToOperator != nil else { return }
        let now = ContinuousClock.now
        if let last = askedForOperatorAt, now - last < .seconds(30) { return }
        askedForOperatorAt = now
        let time = try database.databaseTime()
        let hour = Int(time.timeIntervalSince1970 / 3600) % 24
        guard settings.operator.quietHours?.contains(hour) != true else { return }
        if let items = try database.claimOperatorNotice(lasting: Self.lease),
            try tell(MailText.attention(items, appURL: settings.appURL), at: time)
        {
            try database.noteTold(items)
            log.notice("the operator was told", metadata: ["items": "\(items.count)"])
        }
        if let from = settings.operator.digestHour, hour >= from,
            try database.claimDigest(lasting: Self.lease), try tell(digest(at: time), at: time)
        {
            try database.noteDigestTold()
        }
    }

    private var mailToOperator: (settings: MailSettings, recipient: String)? {
        guard let mail = settings.mail, let recipient = settings.operator.mail else { return nil }
        return (mail, recipient)
    }

    private func digest(at time: Date) throws -> MailText {
        let today = DayRange(last: 1, at: time)
        let week = DayRange(last: 8, at: time)
        return try MailText.digest(
            of: today.before.from, database.figures(of: today.before),
            week: database.figures(of: DayRange(from: week.from, count: 7)),
            waiting: database.attention().count, appURL: settings.appURL)
    }

    /// Whether anybody took it. What nobody took is tried again when the lease is over. A mail is in
    /// the language that its reader has chosen, if they have an account.
    private func tell(_ text: MailText, at time: Date) throws -> Bool {
        var isTold = false
        if let (mail, recipient) = mailToOperator {
            let text = try text.read(
                in: database.language(ofAddress: recipient.lowercased()) ?? .english, by: nil)
            let message = MailMessage(
                id: OutboxID.new().description, sender: mail.sender, recipient: recipient,
                subject: text.subject, text: text.body, date: time)
            if let problem = deliver(message, by: mail) {
                log.error(
                    "the operator could not be told by mail",
                    metadata: ["problem": "\(problem.message)"])
            } else {
                isTold = true
            }
        }
        if let url = settings.operator.webhook {
            if let problem = post(text, to: url).problem {
                log.error(
                    "the operator could not be told by webhook", metadata: ["problem": "\(problem)"]
                )
            } else {
                isTold = true
            }
        }
        return isTold
    }

    /// The status of the answer, if there was one, and why it was not taken; nil when it was.
    func post(_ text: MailText, to url: String) -> (status: Int?, problem: String?) {
        let words = Self.escaped("*\(text.subject)*\n\(text.body)")
        var json = JSONWriter()
        json.beginObject()
        json.member("text", words)
        json.endObject()
        var request = OutboundRequest(
            method: .post, url: url, fields: [.contentType: "application/json"],
            body: json.bytes)
        request.readsBody = false
        do throws(TransportError) {
            let code = try curl.send(request).status.code
            return (code, (200..<300).contains(code) ? nil : "the answer was \(code)")
        } catch {
            return (nil, error.message)
        }
    }

    /// As https://api.slack.com/reference/surfaces/formatting#escaping has it: so no foreign text
    /// names a channel, or looks like a link to elsewhere.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }
}
