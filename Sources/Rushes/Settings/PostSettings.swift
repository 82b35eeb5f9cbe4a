import Addresses
import Curl
import Domain
import HTTP
import Worker

/// How mail leaves, and who is told when somebody is needed.
struct PostSettings: Sendable {
    /// Nil: mail is off.
    let mail: MailSettings?
    let `operator`: OperatorSettings

    /// - Parameter host: of the shop; nil when it is not known.
    init?(_ reader: SettingsReader, host: Host?) {
        let route: MailRoute? = reader.optional(
            "MAIL_URL",
            """
            `smtps://user:password@mail.example:465`, `smtp://…` (with a user only after \
            STARTTLS; without one in the clear, for a relay nearby), or `file:` and a folder of \
            `.eml` files; without it no mail is sent
            """, like: "smtps://rushes:…@mail.example:465", isSecret: true
        ) { text throws(Unusable) in
            if let folder = try folderPath(of: text) { return .folder(folder) }
            guard var server = SMTPServer(url: text) else {
                throw Unusable(
                    """
                    must be smtps://user:password@mail.example, smtp://mail.example or \
                    file:/folder
                    """)
            }
            if let host { server.clientName = ShopSettings.clientName(host) }
            return .server(server)
        }
        let sender = reader.optional(
            "MAIL_FROM", "whom mail comes from; needed with `MAIL_URL`",
            like: "Rushes <mail@shop.example>"
        ) { text throws(Unusable) in
            guard let sender = MailSender(text) else {
                throw Unusable("must be an address such as Rushes <mail@shop.example>")
            }
            return sender
        }
        `operator` = Self.operator(reader)
        guard let route else {
            mail = nil
            return
        }
        guard let sender else {
            reader.refuse("MAIL_FROM", "is not set")
            return nil
        }
        mail = MailSettings(route: route, sender: sender)
    }

    private static func `operator`(_ reader: SettingsReader) -> OperatorSettings {
        let mail: String? = reader.optional(
            "OPERATOR_MAIL",
            "who gets a mail when something needs a person, at most once an hour; with `MAIL_URL`",
            like: "you@shop.example"
        ) { text throws(Unusable) in
            guard let address = MailSender(text)?.address else {
                throw Unusable("must be an address such as you@shop.example")
            }
            return address
        }
        let webhook: String? = reader.optional(
            "OPERATOR_WEBHOOK_URL",
            "an incoming webhook of Slack or Mattermost that is told the same",
            like: "https://hooks.slack.com/services/…", isSecret: true
        ) { text throws(Unusable) in
            do throws(AddressProblem) {
                return try WebURL(public: text).text
            } catch {
                throw Unusable("must be a public https:// address")
            }
        }
        let quietHours: QuietHours? = reader.optional(
            "OPERATOR_QUIET_HOURS", "hours of the day (UTC) in which nobody is told of anything",
            like: "22-7"
        ) { text throws(Unusable) in
            let hours = text.split(separator: "-", omittingEmptySubsequences: false)
                .map { String($0).bytes.decimal }
            guard hours.count == 2, let from = hours[0], let to = hours[1],
                let quiet = QuietHours(from: from, to: to)
            else { throw Unusable("must be two hours from 0 to 23, such as 22-7") }
            return quiet
        }
        let digest: Int?? = reader.optional(
            "OPERATOR_DIGEST",
            "from which hour of the day (UTC) on the day before is told, or `off`; 7 unless set",
            like: "7"
        ) { text throws(Unusable) in
            if text == "off" { return .some(nil) }
            guard let hour = text.bytes.decimal, (0..<24).contains(hour) else {
                throw Unusable("must be an hour from 0 to 23, or off")
            }
            return hour
        }
        return OperatorSettings(
            mail: mail, webhook: webhook, quietHours: quietHours, digestHour: digest ?? 7)
    }
}
