/// The words of one language.
package struct Language: Sendable {
    /// As in HTTP and HTML (BCP 47): `en`.
    package let code: String
    /// A text for each name. `{name}` is the place of a value. A text with a `|` has two forms: the
    /// first for a `{count}` of one, the other for the rest. What a language has no words for yet is
    /// said in English.
    package let texts: [Phrase.Name: String]

    package init(code: String, texts: [Phrase.Name: String]) {
        self.code = code
        self.texts = texts
    }

    /// Every language that the shop speaks.
    package static let all: [Language] = [.english, .german]

    func text(_ phrase: Phrase) -> String {
        text(phrase.name, phrase.values)
    }

    private func text(_ name: Phrase.Name, _ values: [String: Phrase.Value] = [:]) -> String {
        guard let text = texts[name] ?? Self.english.texts[name] else {
            preconditionFailure("there is no text \(name)")
        }
        let form = Self.form(of: text[...], for: values["count"])
        return Self.pieces(of: form).reduce(into: "") { result, piece in
            switch piece {
            case .words(let words): result += words
            case .placeholder(let name):
                assert(values[name] != nil, "nothing fills {\(name)} of a text")
                if let value = values[name] { result += words(of: value) }
            }
        }
    }

    private static func form(of text: Substring, for count: Phrase.Value?) -> Substring {
        guard let count, let bar = text.firstIndex(of: "|") else { return text }
        return count == .number(1) ? text[..<bar] : text[text.index(after: bar)...]
    }

    func words(of value: Phrase.Value) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): String(number)
        case .money(let micros): money(micros)
        case .seconds(let seconds): span(seconds)
        case .day(let year, let month, let day):
            text(
                .day,
                [
                    "day": .number(day), "month": .text(words(.months)[month - 1]),
                    "year": .number(year),
                ])
        case .lines(let phrases): phrases.map(text).joined(separator: "\n")
        case .list(let parts): parts.joined(separator: text(.comma))
        case .either(let parts): parts.joined(separator: text(.or))
        case .phrase(let phrase): text(phrase)
        }
    }

    private func words(_ name: Phrase.Name) -> [String] {
        text(name).split(separator: " ").map { String($0) }
    }

    /// `$1.55`; more than two decimals only where they are not zero.
    private func money(_ micros: Int64) -> String {
        let digits = String(micros.magnitude % 1_000_000)
        var decimals = String(repeating: "0", count: 6 - digits.utf8.count) + digits
        while decimals.utf8.count > 2, decimals.utf8.last == UInt8(ascii: "0") {
            decimals.removeLast()
        }
        return text(
            micros < 0 ? .negativeDollars : .dollars,
            ["whole": .text(String(micros.magnitude / 1_000_000)), "decimals": .text(decimals)])
    }

    /// "45 seconds", "1 minute", "90 seconds".
    private func span(_ seconds: Int) -> String {
        switch seconds {
        case _ where seconds > 0 && seconds % 3600 == 0:
            text(.hours, ["count": .number(seconds / 3600)])
        case _ where seconds > 0 && seconds % 60 == 0:
            text(.minutes, ["count": .number(seconds / 60)])
        default: text(.seconds, ["count": .number(seconds)])
        }
    }
}

extension Language: Hashable {
    package static func == (one: Language, other: Language) -> Bool { one.code == other.code }

    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension Language {
    /// Nil when the shop does not speak it.
    package init?(code: String) {
        guard let known = Self.all.first(where: { $0.code == code }) else { return nil }
        self = known
    }

    /// The one of the shop's that a reader likes best, as their browser says it in Accept-Language
    /// (RFC 9110 12.5.4); the shop's first where it says nothing that helps. `de-AT` is German.
    package init(preferredBy header: String?) {
        let wishes = (header ?? "").prefix(1000).split(separator: ",").map(Wish.init)
        let liked = Self.all.map { language in
            (language, wishes.filter { $0.means(language) }.map(\.weight).max() ?? 0)
        }
        self = liked.reduce(liked[0]) { $1.1 > $0.1 ? $1 : $0 }.0
    }

    /// One range of languages, and how much it is liked.
    private struct Wish {
        let primary: Substring
        let weight: Double

        init(_ item: Substring) {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            primary = (parts.first ?? "").lowercased().prefix { $0 != "-" }
            let quality = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
            weight = quality.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }

        func means(_ language: Language) -> Bool { primary == language.code || primary == "*" }
    }
}

extension Language {
    enum Piece: Equatable {
        case words(Substring)
        case placeholder(String)
    }

    /// A text taken apart at its placeholders. A brace without its partner is a word.
    static func pieces(of text: Substring) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { pieces.append(.words(rest[..<open])) }
            pieces.append(.placeholder(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.words(rest)) }
        return pieces
    }
}
