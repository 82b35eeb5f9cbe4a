import JSON
import Testing

@Suite struct `A table for spreadsheets` {
    private struct Line: JSONObject {
        let words: String
        let number: Int

        static func list<List: FieldList>(_ fields: inout List) where List.Source == Line {
            fields.field("words") { $0.words }
            fields.field("number") { $0.number }
        }
    }

    private func text(_ words: String) -> String {
        String(
            decoding: CSVTable([Line(words: words, number: -7)], of: Line.self).bytes,
            as: UTF8.self)
    }

    @Test(arguments: [
        ("Gift", "Gift"), ("", ""), ("say \"hi\", you", "\"say \"\"hi\"\", you\""),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM", "'@SUM"),
        ("\t=1", "' =1"), ("\r\n=1", "'  =1"), ("\n=1", "' =1"),
        ("\u{FF1D}1", "'\u{FF1D}1"), ("\u{FF0B}1", "'\u{FF0B}1"),
        ("=\u{301}1", "'=\u{301}1"), ("a\nb", "a b"),
    ])
    func `no words become a formula, another cell or another line`(words: String, cell: String) {
        #expect(text(words).utf8.elementsEqual("words,number\r\n\(cell),-7\r\n".utf8))
    }
}
