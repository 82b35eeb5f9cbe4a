import Domain
import Testing

struct TextTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), (" a b\n", 2), ("\u{200B}\u{200B}\u{200B}", 0), ("नमस्ते", 3),
        ("\u{3164}\u{115F}\u{FEFF}\u{2060}\u{AD}", 0), ("日本語", 3), ("👩‍👩‍👧‍👦🦊", 2), ("e\u{301}", 1),
        ("\u{202E}\u{2066}\u{180E}", 0), ("\u{7}\u{1B}", 0), ("\u{2800}\u{E000}\u{F0000}", 0),
        ("a\u{200B}b", 2), ("\u{301}", 1),
        ("\u{A0}\u{3000}\u{2003}", 0), ("\u{FE0F}\u{E0020}", 0),
    ])
    func `a minimum counts characters that can be seen`(text: String, count: Int) {
        #expect(text.visibleCharacters == count)
    }

    @Test(arguments: [
        ("because", true), ("e\u{301}\u{200D} \u{1F600}", true), ("", true), ("a\nb", false),
        ("a\tb", false), ("\u{1B}[31m", false), ("a\0", false), ("a\u{85}b", false),
        ("a\u{2028}b", false), ("a\u{2029}b", false), ("\u{FFFD}", false), ("\u{9B}1m", false),
    ])
    func `one line is text without ends and commands`(text: String, isOneLine: Bool) {
        #expect(text.isOneLine == isOneLine)
    }

    @Test func `a maximum counts UTF-16 code units`() {
        #expect("a".codeUnits == 1)
        #expect("🦊".codeUnits == 2)
        #expect("e\u{301}".codeUnits == 2)
        #expect("\r\n".codeUnits == 2)
    }

    @Test func `what fits is not cut`() {
        #expect("".cut(to: 3) == "")
        #expect("abc".cut(to: 3) == "abc")
        #expect("🦊🦊🦊".cut(to: 3, mark: "…") == "🦊🦊🦊")
    }

    @Test(arguments: [
        ("abcd", 3, "", "abc"), ("abcd", 3, "…", "ab…"), ("abcd", 0, "", ""),
        ("ae\u{301}x", 2, "", "a"), ("ae\u{301}x", 3, "", "ae\u{301}"),
        ("👩‍👩‍👧‍👦🦊🦊", 8, "…", "👩‍👩‍👧‍👦…"), ("👩‍👩‍👧‍👦🦊", 7, "", "👩‍👩‍👧‍👦"), ("a👩‍👩‍👧‍👦", 7, "", "a"),
        ("🇩🇪🇫🇷", 3, "", "🇩🇪"), ("a\r\nb", 2, "", "a"),
        ("\r\n", 1, "", "\r"),
    ])
    func `a text is cut between two characters`(
        text: String, limit: Int, mark: String, expected: String
    ) {
        #expect(Array(text.cut(to: limit, mark: mark).utf8) == Array(expected.utf8))
    }

    @Test(arguments: [1, 2, 499, 500, 501, 1_999])
    func `one character longer than the column is cut inside`(limit: Int) {
        let text = "a" + String(repeating: "\u{301}", count: 2_000)
        #expect(text.cut(to: limit).unicodeScalars.count == limit)
        #expect(("x" + text).cut(to: limit).unicodeScalars.count == 1)
    }

    @Test func `white space is taken from both ends, with marks left alone`() {
        #expect(" \u{FEFF}\u{3000}a b\r\n".trimmed == "a b")
        #expect(Array(" \u{301}a".trimmed.utf8) == Array("\u{301}a".utf8))
        #expect(" \n".trimmed == "")
    }
}
