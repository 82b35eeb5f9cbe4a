import HTTP
import Testing

struct QueryTests {
    @Test(arguments: [
        ("a=1", "1"), ("a=1&a=2", "1"), ("b=2&a=1", "1"), ("a=x=y", "x=y"), ("a=%41%62", "Ab"),
        ("a=a+b%20c", "a b c"), ("a=%2B", "+"), ("%61=1", "1"), ("a=%C3%A9", "é"),
        ("&&a=1&", "1"), ("a=100%25", "100%"), ("a=%", "%"), ("a=%4", "%4"), ("a=%zz", "%zz"),
        ("a=%26%3D", "&="), ("a=%00", "\0"),
        // Only two hexadecimal digits make a byte.
        // A mark after a separator belongs to the part behind it.
        ("b=2&\u{301}c&a=1", "1"), ("a=\u{301}1", "\u{301}1"), ("b\u{301}&a=1", "1"),
        ("a=%+5", "% 5"), ("a=%-1", "%-1"), ("a=%%41", "%A"),
    ])
    func `the first value of a name is decoded`(text: String, value: String) {
        #expect(Query(text)["a"] == value)
    }

    @Test(arguments: [
        "", "a", "a=", "A=1", "b=1", "=1", "aa=1", "&", "a&a=1", "a\u{301}=1", "\u{301}a=1",
        "b&\u{301}a=1", "\u{FF41}=1", "a\u{FF1D}1", "b\u{FF06}a=1", "==a=1",
    ])
    func `what is not there, or empty, is nil`(text: String) {
        #expect(Query(text)["a"] == nil)
    }

    @Test(arguments: ["%FF", "%C0%80", "%ED%A0%80", "%F5%80%80%80", "%E2%82"])
    func `what is not UTF-8 becomes the replacement character`(text: String) throws {
        let value = try #require(Query("a=\(text)")["a"])
        #expect(value.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }
}
