package import Addresses
package import Curl
package import Domain
package import Sodium

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
    package var `operator`: OperatorSettings
    /// Named in receipts.
    package var creditPolicy: CreditPolicy
    /// Origins that webhooks may be sent to although they are neither HTTPS nor public.
    package var exceptOrigins: [Origin]
    /// Makes the secret part of the links in mails.
    package var links: LinkTokens

    package init(
        appURL: String, mail: MailSettings?, operator: OperatorSettings = OperatorSettings(),
        creditPolicy: CreditPolicy, exceptOrigins: [Origin], links: LinkTokens
    ) {
        self.appURL = appURL
        self.mail = mail
        self.operator = `operator`
        self.creditPolicy = creditPolicy
        self.exceptOrigins = exceptOrigins
        self.links = links
    }
}
