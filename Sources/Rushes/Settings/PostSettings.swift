import Addresses
import Curl
import Domain
import Worker

/// How mail leaves, and who is told when somebody is needed.
struct PostSettings: Sendable {
    /// Nil: mail is off.
    let mail: MailSettings?
    let operatorMail: String?

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
        operatorMail = reader.optional(
            "OPERATOR_MAIL",
            "who gets a mail when something needs a person, at most once an hour; with `MAIL_URL`",
            like: "you@shop.example"
        ) { text throws(Unusable) in
            guard let address = MailSender(text)?.address else {
                throw Unusable("must be an address such as you@shop.example")
            }
            return address
        }
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
}
