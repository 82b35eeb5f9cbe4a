import HTTP
import Testing

/// Code points that a `Character` hides in its neighbour, or takes for an ASCII character.
private let disguises = ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20DD}", "\u{1F3FB}", "\u{E0001}"]

struct CookiesTests {
    private let name = "__Host-session"

    @Test(arguments: [
        ("__Host-session=T", "T"), ("a=b; __Host-session=T", "T"),
        ("a=b;__Host-session=T;c=d", "T"),
        ("a=b;\t __Host-session=T", "T"), ("=; __Host-session=T", "T"),
        ("===; __Host-session=T", "T"),
        (";;; __Host-session=T", "T"), ("a; __Host-session=T", "T"), ("__Host-session=", ""),
        ("__Host-session=a=b==", "a=b=="), ("__Host-session=T\u{301}", "T\u{301}"),
    ])
    func `our cookie is found among others`(field: String, value: String) throws {
        let found = try #require(Cookies.value(of: name, in: field))
        #expect(found.isSame(as: value))
    }

    @Test(
        arguments: [
            "", ";", "=", "===", "__Host-session", "a=b\u{37E}__Host-session=T",
            "a=b; __Host-session\u{37E}=T", "=__Host-session=T", "a==__Host-session=T",
            "==__Host-session=T", "a=b, __Host-session=T", "__host-session=T",
            "__Host-session =T", "x__Host-session=T", "__Host-session=T; __Host-session=T",
            "__Host-session=T; __Host-session=U", "__Host-session=; __Host-session=T",
            "\u{FF3F}_Host-session=T", "__Host\u{2010}session=T", "__Ho\u{17F}t-session=T",
            "a=b\u{FF1B}__Host-session=T", "__Host-session\u{FF1D}T", "a=b\n__Host-session=T",
            "\u{A0}__Host-session=T",
        ]
            + disguises.flatMap {
                ["\($0)__Host-session=T", "a=b; \($0)__Host-session=T", "__Host-session\($0)=T"]
            })
    func `what is not exactly one cookie of ours is none`(field: String) {
        #expect(Cookies.value(of: name, in: field) == nil)
    }

    @Test(arguments: disguises)
    func `a mark after a separator hides nothing`(mark: String) {
        #expect(Cookies.value(of: name, in: "a=b\(mark);__Host-session=T") == "T")
        #expect(Cookies.value(of: name, in: "a=\(mark); __Host-session=T;\(mark)c=d") == "T")
        // The two of them are two, whatever stands behind the separator of the second.
        #expect(
            Cookies.value(of: name, in: "__Host-session=T; x\(mark);__Host-session=U") == nil)
    }
}

struct AuthorizationTests {
    @Test(arguments: [
        ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc ", "abc"), ("Bearer", ""),
        ("Bearer ", ""), ("Bearer a b", "a b"),
    ])
    func `the credentials of the scheme are read`(field: String, value: String) {
        #expect(Authorization.credentials(of: "bearer", in: field) == value)
    }

    @Test(
        arguments: [
            "", "Basic dXNlcjpwYXNz", "Bearerabc", "Bearer\u{A0}abc", "Token Bearer abc",
            "Bea\u{211D}er abc", "Negotiate", "Bearer:abc",
        ] + disguises.flatMap { ["Bearer\($0) abc", "\($0)Bearer abc"] })
    func `another scheme has none for us`(field: String) {
        #expect(Authorization.credentials(of: "bearer", in: field) == nil)
    }
}

struct MediaTypeTests {
    @Test(arguments: [
        "application/json", "Application/JSON", " application/json ",
        "application/json; charset=utf-8", "application/json;charset=\"utf-8\"",
        "application/json ;a=b; c=d", "application/json;",
    ])
    func `JSON is known whatever its parameters`(value: String) {
        #expect(MediaType(value)?.name == "application/json")
    }

    @Test(
        arguments: [
            "", "/", "application", "application/", "/json", "application /json",
            "application/ json", "application/json, text/plain", "application/json charset=utf-8",
            "application/json; charset", "application/json; =utf-8", "application/json; a=b c",
            "application/json\u{37E} a=b", "application\u{2215}json", "application/j\u{17F}on",
            "application/json\0", "application/json;a=\"", "a/b/c",
        ] + disguises.flatMap { ["application/json\($0)", "application/\($0)json"] })
    func `what is no media type is none`(value: String) {
        #expect(MediaType(value) == nil)
    }

    @Test(arguments: ["application/jsonp", "application/json-patch+json", "text/json"])
    func `a longer name is another`(value: String) {
        #expect(MediaType(value)?.name == value)
    }
}

struct EntityTagTests {
    @Test(arguments: [
        "\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "\"a\" ,W/\"tag\",\"b\"", "*", " * ",
        "\"a,\", \"tag\"", "\"\", \"tag\"",
    ])
    func `a list that names the tag is known`(value: String) {
        #expect(EntityTag.isNamed("\"tag\"", in: value))
    }

    @Test(
        arguments: [
            "", "tag", "\"tag", "tag\"", "\"ta\"", "\"tag2\"", "\"xtag\"", "\"a\"\"tag\"",
            "w/\"tag\"", "\"a\" \"tag\"", "*, \"a\"", "\"tag\";", ",", "\"x\"tag\"",
            "\"a\"\u{37E}\"tag\"", "W/ \"tag\"", "\u{201C}tag\u{201D}",
        ] + disguises.flatMap { ["\"tag\($0)\"", "\"\($0)tag\""] })
    func `anything else is not`(value: String) {
        #expect(!EntityTag.isNamed("\"tag\"", in: value))
    }
}

struct BytesTests {
    @Test(arguments: [("0", 0), ("7", 7), ("007", 7), ("9223372036854775807", Int.max)])
    func `ASCII digits are a number`(text: String, number: Int) {
        #expect(text.bytes.decimal == number)
    }

    @Test(arguments: [
        "", "+1", "-1", " 1", "1 ", "1.0", "1e2", "0x1", "\u{661}", "\u{FF11}", "\u{B2}",
        "1\u{301}",
        "\u{1D7CF}", "9223372036854775808", "\u{2460}", "1_0",
    ])
    func `nothing else is one`(text: String) {
        #expect(text.bytes.decimal == nil)
    }

    @Test func `parts keep empty ones and marks`() {
        #expect("a..b.".bytes.parts(at: ".").map(\.text) == ["a", "", "b", ""])
        #expect("".bytes.parts(at: ".").map(\.text) == [""])
        let marked = "a.\u{301}b".bytes.parts(at: ".")
        #expect(marked.count == 2)
        #expect(marked[1].equals("\u{301}b"))
    }

    @Test func `look-alikes are not the same`() {
        #expect("\u{37E}" == ";")
        #expect(!"\u{37E}".isSame(as: ";"))
        #expect(!"\u{212A}".bytes.equals("K"))
        #expect(!"\u{212A}".bytes.equals(ignoringCase: "k"))
        #expect(!"caf\u{E9}".isSame(as: "cafe\u{301}"))
        #expect("BeArEr".bytes.equals(ignoringCase: "bearer"))
        #expect("Your PARALLEL task".bytes.contains(ignoringCase: "parallel"))
        #expect(!"para\u{301}llel".bytes.contains(ignoringCase: "parallel"))
    }
}
