import Domain
import FoundationEssentials
import Store
import Texts

/// A mail that the shop sends, in the words of its reader's language. Links begin with the configured address
/// of the shop, never with what a request has named.
struct MailText {
    /// English, as long as nobody says for whom it is.
    private var language = Language.english
    private let title: Phrase
    private let text: Phrase.Name
    /// What fills the text, and the frame around it.
    private let values: [String: Phrase.Value]
    private let frame: [String: Phrase.Value]
    private var greeting = Phrase.Value.text("")

    var subject: String { title.text(in: language) }

    var body: String {
        let parts = ["text": Phrase.Value.phrase(Phrase(text, values)), "greeting": greeting]
        return Phrase(.mailFrame, frame.merging(parts) { own, _ in own }).text(in: language)
    }

    /// The same in a reader's language, which greets them when it knows their name. A name is the
    /// words of whoever typed it: it goes to an address that is proved to be theirs, and nowhere else.
    func read(in language: Language, by name: String?) -> MailText {
        var text = self
        text.language = language
        if let name { text.greeting = .phrase(Phrase(.mailGreeting, ["name": .text(name)])) }
        return text
    }

    private init(
        _ subject: Phrase, _ text: Phrase.Name, _ values: [String: Phrase.Value] = [:],
        footer: Phrase.Name = .mailFooterChoice, appURL: String
    ) {
        // Every text may name the shop's address.
        let shop = ["shop": Phrase.Value.text(appURL)]
        title = subject
        self.text = text
        self.values = values.merging(shop) { own, _ in own }
        frame = shop.merging(["footer": .phrase(Phrase(footer, shop))]) { own, _ in own }
    }

    static func videoReady(_ video: Video, appURL: String) -> MailText {
        MailText(
            Phrase(.mailVideoReadySubject), .mailVideoReady,
            ["prompt": .excerpt(video.settings.prompt), "video": .text("\(video.id)")],
            appURL: appURL)
    }

    static func videoFailed(_ video: Video, appURL: String) -> MailText {
        let mayHelp = video.failureReason?.action == "correct_input"
        return MailText(
            Phrase(.mailVideoFailedSubject), .mailVideoFailed,
            [
                "prompt": .excerpt(video.settings.prompt), "video": .text("\(video.id)"),
                "problem": video.failureReason.map { .phrase($0.phrase) } ?? .text(""),
                "price": .money(video.price),
                "advice": .phrase(Phrase(mayHelp ? .mailOtherWords : .mailOrderAgain)),
            ], appURL: appURL)
    }

    /// One mail about all that an order made, when that has ended. Nil when nothing is left to tell.
    static func videosEnded(_ videos: [Video], appURL: String) -> MailText? {
        let ready = videos.filter { $0.state == .delivered }
        let failed = videos.filter { $0.state == .refunded && $0.failureReason != .canceled }
        guard let first = ready.first ?? failed.first else { return nil }
        let (prompt, count) = (first.settings.prompt, ready.count + failed.count)
        let price = failed.map(\.price).reduce(.zero, +)
        guard !ready.isEmpty else {
            return MailText(
                Phrase(.mailVideosFailedSubject), .mailVideosFailed,
                [
                    "prompt": .excerpt(prompt), "count": .number(count),
                    "problem": first.failureReason.map { .phrase($0.phrase) } ?? .text(""),
                    "price": .money(price),
                ], appURL: appURL)
        }
        let others = Phrase(
            .mailVideosOthers, ["failed": .number(failed.count), "price": .money(price)])
        return MailText(
            Phrase(
                .mailVideosReadySubject,
                ["ready": .number(ready.count), "count": .number(count)]), .mailVideosReady,
            [
                "prompt": .excerpt(prompt), "ready": .number(ready.count),
                "count": .number(count),
                "links": .text(
                    ready.map { "\(appURL)/videos/\($0.id)" }.joined(separator: "\n")),
                "failures": failed.isEmpty ? .text("") : .phrase(others),
            ], appURL: appURL)
    }

    static func receipt(
        _ purchase: Purchase, paidAt: Date, lastingDays: Int?, appURL: String
    ) -> MailText {
        let total = Phrase.Value.money(purchase.credits + purchase.bonus)
        let bonus =
            purchase.bonus > .zero
            ? Phrase.Value.phrase(
                Phrase(.mailReceiptBonus, ["amount": .money(purchase.bonus)])) : .text("")
        let lasting = lastingDays.map { days in
            Phrase.Value.phrase(Phrase(.mailReceiptLasting, ["days": .number(days)]))
        }
        return MailText(
            Phrase(.mailReceiptSubject, ["total": total]), .mailReceipt,
            [
                "credits": .money(purchase.credits), "bonus": bonus,
                "lasting": lasting ?? .text(""), "price": .money(purchase.price), "total": total,
                "date": .day(paidAt), "order": .text("\(purchase.id)"),
            ], appURL: appURL)
    }

    static func creditLapsing(amount: Money, at date: Date, appURL: String) -> MailText {
        MailText(
            Phrase(.mailLapsingSubject, ["amount": .money(amount), "date": .day(date)]),
            .mailLapsing, ["amount": .money(amount), "date": .day(date)], appURL: appURL)
    }

    static func lowBalance(available: Money, appURL: String) -> MailText {
        MailText(
            Phrase(.mailLowBalanceSubject), .mailLowBalance, ["amount": .money(available)],
            appURL: appURL)
    }

    // MARK: The account's safety

    static func link(_ purpose: MailTokenPurpose, token: String, appURL: String) -> MailText {
        let (subject, text): (Phrase.Name, Phrase.Name) =
            switch purpose {
            case .verify: (.mailVerifySubject, .mailVerify)
            case .change: (.mailChangeSubject, .mailChange)
            case .reset: (.mailResetSubject, .mailReset)
            }
        return about(subject, text, ["token": .text(token)], appURL: appURL)
    }

    static func passwordChanged(appURL: String) -> MailText {
        about(.mailPasswordChangedSubject, .mailPasswordChanged, appURL: appURL)
    }

    static func addressChanging(to address: String, appURL: String) -> MailText {
        about(
            .mailAddressChangingSubject, .mailAddressChanging, ["address": .text(address)],
            appURL: appURL)
    }

    static func addressChanged(to address: String, appURL: String) -> MailText {
        about(
            .mailAddressChangedSubject, .mailAddressChanged, ["address": .text(address)],
            appURL: appURL)
    }

    static func addressInUse(appURL: String) -> MailText {
        about(.mailAddressInUseSubject, .mailAddressInUse, appURL: appURL)
    }

    static func signInsRefused(appURL: String) -> MailText {
        about(.mailSignInsRefusedSubject, .mailSignInsRefused, appURL: appURL)
    }

    static func secondFactor(isOn: Bool, appURL: String) -> MailText {
        isOn
            ? about(.mailSecondFactorOnSubject, .mailSecondFactorOn, appURL: appURL)
            : about(.mailSecondFactorOffSubject, .mailSecondFactorOff, appURL: appURL)
    }

    static func exportReady(appURL: String) -> MailText {
        about(
            .mailExportReadySubject, .mailExportReady, ["days": .number(Export.daysKept)],
            appURL: appURL)
    }

    static func accountLeaving(at date: Date, appURL: String) -> MailText {
        MailText(
            Phrase(.mailAccountLeavingSubject, ["date": .day(date)]), .mailAccountLeaving,
            ["date": .day(date)], footer: .mailFooterAccount, appURL: appURL)
    }

    static func recoveryCodeUsed(left: Int, appURL: String) -> MailText {
        about(
            .mailRecoveryCodeUsedSubject, .mailRecoveryCodeUsed, ["count": .number(left)],
            appURL: appURL)
    }

    static func webhookFailing(_ url: String, appURL: String) -> MailText {
        about(
            .mailWebhookFailingSubject, .mailWebhookFailing, ["url": .text(url)], appURL: appURL)
    }

    static func webhookOff(_ url: String, appURL: String) -> MailText {
        about(.mailWebhookOffSubject, .mailWebhookOff, ["url": .text(url)], appURL: appURL)
    }

    static func test(appURL: String) -> MailText {
        about(.mailTestSubject, .mailTest, appURL: appURL)
    }

    /// A mail about the account itself, which nobody can switch off.
    private static func about(
        _ subject: Phrase.Name, _ text: Phrase.Name, _ values: [String: Phrase.Value] = [:],
        appURL: String
    ) -> MailText {
        MailText(Phrase(subject), text, values, footer: .mailFooterAccount, appURL: appURL)
    }

    /// To the operator: what a day brought, beside the week that ends with it.
    static func digest(
        of day: Date, _ figures: Figures, week: Figures, waiting: Int, appURL: String
    ) -> MailText {
        func pair(_ value: (Figures) -> Phrase.Value) -> Phrase.Value {
            .phrase(Phrase(.mailDigestPair, ["day": value(figures), "week": value(week)]))
        }
        func both(_ amount: (Figures) -> Money) -> Phrase.Value { pair { .money(amount($0)) } }
        func count(_ number: (Figures) -> Int) -> Phrase.Value { pair { .number(number($0)) } }
        return MailText(
            Phrase(
                .mailDigestSubject,
                [
                    "date": .day(day), "paid": .money(figures.shop.paid),
                    "margin": .money(figures.videos.margin),
                ]), .mailDigest,
            [
                "date": .day(day), "paid": both { $0.shop.paid }, "sold": both { $0.shop.sold },
                "spent": both { $0.videos.spent },
                "cost": both { $0.videos.cost + $0.videos.lost },
                "margin": both { $0.videos.margin },
                "refunded": both { $0.shop.refunded + $0.shop.disputed },
                "customers": count { $0.shop.signups }, "videos": count { $0.videos.videos },
                "failures": count { $0.videos.failures }, "waiting": .number(waiting),
            ], footer: .mailFooterOperator, appURL: appURL)
    }

    /// What an operator sends to their own webhook.
    static func webhookTest(appURL: String) -> MailText {
        MailText(
            Phrase(.webhookTestSubject), .webhookTest, footer: .mailFooterOperator, appURL: appURL)
    }

    /// To the operator: what needs a person. Texts of vendors stand on lines of their own.
    static func attention(_ items: [AttentionItem], appURL: String) -> MailText {
        let most = 50
        let shown = items.prefix(most).map { item in
            let amount = item.amount.map {
                Phrase.Value.phrase(Phrase(.mailAttentionAmount, ["amount": .money($0)]))
            }
            return Phrase(
                .mailAttentionItem,
                [
                    "kind": .text(item.kind.rawValue), "subject": .excerpt(item.subject),
                    "amount": amount ?? .text(""), "date": .day(item.since),
                    "detail": .excerpt(item.detail),
                ])
        }
        let rest =
            items.count > most
            ? Phrase.Value.phrase(
                Phrase(.mailAttentionRest, ["number": .number(items.count - most)])) : .text("")
        return MailText(
            Phrase(.mailAttentionSubject, ["count": .number(items.count)]), .mailAttention,
            ["items": .lines(shown), "rest": rest],
            footer: .mailFooterOperator, appURL: appURL)
    }
}

extension Phrase.Value {
    /// The first words of a foreign text on one line.
    fileprivate static func excerpt(_ foreign: String) -> Phrase.Value {
        let line = foreign.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                || scalar.properties.isWhitespace ? " " : Character(scalar)
        }
        return .text(String(line).cut(to: 120, mark: "…"))
    }

    /// The day of an instant, in UTC.
    fileprivate static func day(_ date: Date) -> Phrase.Value {
        let words = MailMessage.format(date).split(separator: " ")
        let month = MailMessage.months.firstIndex { $0 == words[2] } ?? 0
        return .day(year: Int(words[3]) ?? 0, month: month + 1, day: Int(words[1]) ?? 0)
    }
}
