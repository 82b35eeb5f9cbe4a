import Testing

@testable import Texts

struct LanguageTests {
    @Test(arguments: Phrase.Name.allCases)
    func `English has each text, and every language the same placeholders`(
        name: Phrase.Name
    ) throws {
        let model = try #require(Language.english.texts[name])
        #expect(!model.isEmpty)
        for language in Language.all {
            guard let text = language.texts[name] else { continue }
            #expect(placeholders(of: text) == placeholders(of: model), "\(language.code)")
            #expect(!text.contains("|") || placeholders(of: text).contains("count"))
        }
    }

    @Test(arguments: Phrase.Name.allCases.filter(\.isOfMails))
    func `each language has all that mails say`(name: Phrase.Name) {
        for language in Language.all {
            #expect(language.texts[name]?.isEmpty == false, "\(language.code)")
        }
    }

    @Test func `German has the forms of German`() {
        let values: [String: Phrase.Value] = [
            "amount": .money(micros: 1_550_000), "date": .day(year: 2026, month: 3, day: 1),
        ]
        #expect(
            Phrase(.mailLapsingSubject, values).text(in: .german)
                == "1,55\u{A0}$ Ihres Guthabens verfallen am 1. März 2026")
        #expect(Phrase.Value.money(micros: -10_000).text(in: .german) == "-0,01\u{A0}$")
        #expect(Phrase.Value.seconds(3600).text(in: .german) == "1 Stunde")
        let lines = Phrase.Value.lines([Phrase(.comma), Phrase(.or)])
        #expect(lines.text(in: .german) == ", \n oder ")
    }

    @Test(arguments: [
        ("de", "de"), ("DE-at", "de"), ("en, de", "en"), ("en;q=0.2, de;q=0.3", "de"),
        ("de;q=x", "en"), ("*", "en"), ("de;q=0", "en"), ("fr-CH, fr;q=0.9", "en"), (",;,", "en"),
    ])
    func `a reader's language is the one of the shop's that they like best`(
        header: String, code: String
    ) {
        #expect(Language(preferredBy: header).code == code)
    }

    @Test func `what a language has no words for yet is said in English`() {
        let german = Language(
            code: "de",
            texts: [.creditTooLow: "Das kostet {required}; du hast {current}."])
        let values: [String: Phrase.Value] = [
            "required": .money(micros: 1_550_000), "current": .money(micros: 0),
        ]
        #expect(
            Phrase(.creditTooLow, values).text(in: german) == "Das kostet $1.55; du hast $0.00.")
        #expect(Phrase(.signInNeeded).text(in: german) == Phrase(.signInNeeded).text())
    }

    @Test func `languages have codes of their own`() {
        #expect(Set(Language.all.map(\.code)).count == Language.all.count)
    }

    @Test func `a text is filled with its values, and these are not read again`() {
        let phrase = Phrase(
            .creditTooLow, ["required": .money(micros: 1_550_000), "current": .text("{required}")])
        #expect(phrase.text() == "This costs $1.55; you have {required}.")
    }

    @Test(arguments: [
        (0, "$0.00"), (2_000_000, "$2.00"), (1_500_000, "$1.50"), (372_000, "$0.372"),
        (-10_000, "-$0.01"), (1, "$0.000001"), (1_234_567_890_000, "$1234567.89"),
        (Int64.min, "-$9223372036854.775808"),
    ])
    func `money has two decimals, and more where they are not zero`(micros: Int64, text: String) {
        #expect(
            Phrase(.debtSmaller, ["amount": .money(micros: micros)]).text().contains(" \(text)."))
    }

    @Test(arguments: [
        (0, "0 seconds"), (1, "1 second"), (2, "2 seconds"), (59, "59 seconds"), (60, "1 minute"),
        (90, "90 seconds"), (900, "15 minutes"), (3600, "1 hour"), (7200, "2 hours"),
    ])
    func `a span is said in the largest unit that says it exactly`(seconds: Int, text: String) {
        let phrase = Phrase(
            .callLimitReached,
            ["limit": .number(3), "window": .seconds(seconds), "wait": .seconds(1)])
        #expect(phrase.text() == "You can start 3 in \(text). Try again in 1 second.")
    }

    @Test func `lists have commas, alternatives have their word between them`() {
        #expect(Phrase(.chooseOneOf, ["names": .list(["a", "b"])]).text() == "Choose one of a, b.")
        let methods = Phrase(.methodNotAllowed, ["methods": .either(["GET", "HEAD"])])
        #expect(methods.text() == "Use GET or HEAD.")
    }

    @Test func `a brace without its partner is a word`() {
        #expect(Language.pieces(of: "a { b") == [.words("a { b")])
        #expect(Language.pieces(of: "{a}}") == [.placeholder("a"), .words("}")])
        #expect(Language.pieces(of: "") == [])
    }

    private func placeholders(of text: String) -> Set<String> {
        Set(
            Language.pieces(of: text[...]).compactMap { piece in
                if case .placeholder(let name) = piece { name } else { nil }
            })
    }
}
