import HTTP
import Testing

struct HTMLWriterTests {
    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"'&", "&quot;&#39;&amp;"), ("&lt;", "&amp;lt;"), ("日本 🎬", "日本 🎬"),
        // One character with its mark, of which the byte is a bracket all the same.
        ("<\u{338}img", "&lt;\u{338}img"),
        ("<!--#include virtual=\"/\" -->", "&lt;!--#include virtual=&quot;/&quot; --&gt;"),
    ])
    func `what people write is no markup, neither as text nor in an attribute`(
        words: String, escaped: String
    ) {
        var page = HTMLWriter()
        page.element("p", ["title": words], words)
        #expect(page.html == "<!doctype html><p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func `elements stand in each other, and an attribute without a value is left out`() {
        var page = HTMLWriter()
        page.element("main", ["id": "main", "class": nil]) { main in
            main.void("img", ["alt": "", "src": "/a?b=1&c=2"])
            main.element("p") { line in
                line.text("a ")
                line.element("b", "c")
            }
        }
        #expect(
            page.html == "<!doctype html><main id=\"main\"><img alt=\"\" src=\"/a?b=1&amp;c=2\">"
                + "<p>a <b>c</b></p></main>")
    }
}
