import Foundation
import Testing

@testable import Media

struct TypesetterTests {
    @Test func `a text of many scripts becomes one page of A4`() throws {
        let words = Typesetter.escaped("Zoë & <Söhne> 株式会社 שלום Иван \u{1}\u{FFFE}")
        let pdf = try Typesetter.pdf(markup: "<b>\(words)</b>")
        #expect(pdf.starts(with: Array("%PDF-".utf8)))
        let text = String(decoding: pdf, as: UTF8.self)
        #expect(text.contains("/MediaBox [ 0 0 595 842 ]"))
    }

    @Test func `several pages are one paper`() throws {
        let pdf = try Typesetter.pdf(pages: ["one", "two", "three"])
        #expect(pdf.starts(with: Array("%PDF-".utf8)))
        let text = String(decoding: pdf, as: UTF8.self)
        #expect(text.contains("/Count 3"))
        #expect(throws: NotTypeset.self) { try Typesetter.pdf(pages: ["one", "<b>open"]) }
    }

    @Test func `words are text, whatever they hold`() {
        #expect(Typesetter.escaped("</b>&amp;\0\u{7}") == "&lt;/b&gt;&amp;amp;")
        #expect(throws: NotTypeset.self) { try Typesetter.pdf(markup: "<b>open") }
    }
}
