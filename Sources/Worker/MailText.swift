import Domain
import FoundationEssentials

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

    private init(_ subject: String, _ appURL: String, _ text: String) {
        self.subject = subject
        body = """
            \(text)

            --
            Rushes, \(appURL)
            You choose which mails you get: \(appURL)/account
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
