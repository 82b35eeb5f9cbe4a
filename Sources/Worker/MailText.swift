import Domain
import FoundationEssentials
import Store

/// Every word of the mails that the shop sends. Links begin with the configured address of the
/// shop, never with what a request has named.
struct MailText: Equatable {
    let subject: String
    let body: String

    static func videoReady(_ video: Video, appURL: String) -> MailText {
        MailText(
            "Your video is ready", appURL,
            """
            Your video is ready:

                \(excerpt(video.settings.prompt))

            Watch it, download it, it is yours:
            \(appURL)/videos/\(video.id)
            """)
    }

    static func videoFailed(_ video: Video, appURL: String) -> MailText {
        let advice =
            video.failureReason?.action == "correct_input"
            ? "Other words or settings may help." : "You can order it again as it was."
        return MailText(
            "Your video could not be made", appURL,
            """
            We are sorry, this video could not be made:

                \(excerpt(video.settings.prompt))

            \(video.failureReason?.message ?? "") \(video.price) went back to your balance.
            \(advice)
            \(appURL)/videos/\(video.id)
            """)
    }

    static func receipt(
        _ purchase: Purchase, paidAt: Date, lastingDays: Int?, appURL: String
    ) -> MailText {
        let bonus = purchase.bonus > .zero ? ", with a bonus of \(purchase.bonus)" : ""
        let lasting = lastingDays.map { " It lasts \($0) days." } ?? ""
        return MailText(
            "Your receipt: \(purchase.credits + purchase.bonus) of credit", appURL,
            """
            Thank you. You have bought \(purchase.credits) of credit\(bonus).\(lasting)

                Paid        \(purchase.price)
                Credit      \(purchase.credits + purchase.bonus)
                Date        \(day(paidAt))
                Order       \(purchase.id)

            Your balance and all that you bought:
            \(appURL)/credits
            """)
    }

    static func creditLapsing(amount: Money, at date: Date, appURL: String) -> MailText {
        MailText(
            "\(amount) of your credit lapses on \(day(date))", appURL,
            """
            \(amount) of your credit lapses on \(day(date)) (UTC). Videos that you order before
            then use it first.

            Make a video:
            \(appURL)/create
            """)
    }

    static func lowBalance(available: Money, appURL: String) -> MailText {
        MailText(
            "Your balance is low", appURL,
            """
            You have \(available) of credit left.

            Add credit:
            \(appURL)/credits
            """)
    }

    // MARK: The account's safety

    static func link(_ purpose: MailTokenPurpose, token: String, appURL: String) -> MailText {
        switch purpose {
        case .verify:
            MailText(
                "Please confirm your address", appURL,
                """
                Somebody, you we hope, has made an account with this address. To confirm that the
                address is yours, follow this link within 24 hours. It works once:
                \(appURL)/verify#\(token)

                If it was not you, do nothing: without the link the account stays unconfirmed.
                """, isOptional: false)
        case .change:
            MailText(
                "Please confirm your new address", appURL,
                """
                An account is to be moved to this address. To confirm that the address is yours,
                follow this link within 24 hours. It works once:
                \(appURL)/verify#\(token)

                If you did not ask for this, do nothing: then nothing changes.
                """, isOptional: false)
        case .reset:
            MailText(
                "Set a new password", appURL,
                """
                Somebody, you we hope, has asked for a new password. To set one, follow this link
                within 30 minutes. It works once, and ends every session of your account:
                \(appURL)/reset#\(token)

                If it was not you, do nothing: your password stays as it is.
                """, isOptional: false)
        }
    }

    static func passwordChanged(appURL: String) -> MailText {
        MailText(
            "Your password was changed", appURL,
            """
            The password of your account has just been changed, and its other sessions have ended.

            If it was not you, set a new password now:
            \(appURL)/reset
            """, isOptional: false)
    }

    static func addressChanging(to address: String, appURL: String) -> MailText {
        MailText(
            "Your account is to get another address", appURL,
            """
            Somebody who knows your password has asked that your account moves to

                \(address)

            It moves when the link that we sent there is followed. If it was not you, set a new
            password now; that ends the move, and every session of your account:
            \(appURL)/reset
            """, isOptional: false)
    }

    static func addressChanged(to address: String, appURL: String) -> MailText {
        MailText(
            "Your account has another address", appURL,
            """
            Your account has moved to

                \(address)

            Our mails go there from now on, and you sign in with it. If it was not you, answer this
            mail at once.
            """, isOptional: false)
    }

    static func addressInUse(appURL: String) -> MailText {
        MailText(
            "You have an account already", appURL,
            """
            Somebody, perhaps you, has tried to make an account with your address, or to move one
            to it. Yours is safe, and nothing has changed. You sign in here:
            \(appURL)/login

            If you do not know your password any more, set a new one:
            \(appURL)/reset
            """, isOptional: false)
    }

    static func signInsRefused(appURL: String) -> MailText {
        MailText(
            "Wrong passwords were tried on your account", appURL,
            """
            Somebody has tried wrong passwords to sign in to your account, several times. We let
            them try less and less often; where you have signed in before, you still can.

            If it was you, set a new password. If it was not, yours is safe as long as you use it
            nowhere else:
            \(appURL)/reset
            """, isOptional: false)
    }

    static func webhookFailing(_ url: String, appURL: String) -> MailText {
        MailText(
            "Your webhook endpoint does not answer", appURL,
            """
            We have called your endpoint five times and got no answer, or not a good one:

                \(url)

            What we have to tell it waits, and we try again at least every hour. After five days
            without an answer it is switched off.

            What we sent and what came back is in the log of its deliveries:
            \(appURL)/account
            """, isOptional: false)
    }

    static func webhookOff(_ url: String, appURL: String) -> MailText {
        MailText(
            "Your webhook endpoint was switched off", appURL,
            """
            Your endpoint has not answered for five days, so we call it no more:

                \(url)

            When it works again, send it a test: an answer to that switches it on.
            \(appURL)/account
            """, isOptional: false)
    }

    /// To the operator: what needs a person. Texts of vendors stand on lines of their own.
    static func attention(_ items: [AttentionItem], appURL: String) -> MailText {
        let shown = items.prefix(50).map { item in
            let amount = item.amount.map { ", \($0)" } ?? ""
            return """
                - \(item.kind.rawValue) \(excerpt(item.subject))\(amount), since \(day(item.since))
                  \(excerpt(item.detail))
                """
        }
        let rest = items.count > 50 ? "\n\nand \(items.count - 50) more." : ""
        let count = items.count == 1 ? "One thing needs" : "\(items.count) things need"
        return MailText(
            subject: "\(count) a person", appURL,
            """
            \(shown.joined(separator: "\n"))\(rest)

            The whole list: GET \(appURL)/api/admin/attention
            You are told of what is new, at most once an hour.
            """, footer: "You get this because OPERATOR_MAIL names you.")
    }

    /// - Parameter isOptional: whether the reader may switch mails of this kind off.
    private init(_ subject: String, _ appURL: String, _ text: String, isOptional: Bool = true) {
        self.init(
            subject: subject, appURL, text,
            footer: isOptional
                ? "You choose which mails you get: \(appURL)/account"
                : "This mail is about your account itself; your choice of mails does not concern it."
        )
    }

    private init(subject: String, _ appURL: String, _ text: String, footer: String) {
        self.subject = subject
        body = """
            \(text)

            --
            Rushes, \(appURL)
            \(footer)
            """
    }

    /// The first words of a prompt on one line.
    private static func excerpt(_ prompt: String) -> String {
        let line = prompt.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                || scalar.properties.isWhitespace ? " " : Character(scalar)
        }
        let text = String(line)
        return text.cut(to: 120, mark: "…")
    }

    /// `22 November 2026`, in UTC.
    private static func day(_ date: Date) -> String {
        let words = MailMessage.format(date).split(separator: " ")
        return "\(words[1]) \(months[String(words[2])] ?? "") \(words[3])"
    }

    private static let months = [
        "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "May": "May",
        "Jun": "June", "Jul": "July", "Aug": "August", "Sep": "September", "Oct": "October",
        "Nov": "November", "Dec": "December",
    ]
}
