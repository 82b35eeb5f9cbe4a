import Addresses
import Testing
import Texts

struct OriginTests {
    @Test(arguments: [
        "https://shop.example", "https://shop.example/", "HTTPS://SHOP.EXAMPLE",
        "https://shop.example:443", "https://shop.example:443/", "https://shop.example:",
        "https://shop.example.", "https://Shop.Example.:0443",
    ])
    func `every spelling of an origin is the same`(text: String) throws {
        let origin = try Origin(text)
        #expect(origin == (try Origin("https://shop.example")))
        #expect(origin.text == "https://shop.example")
    }

    @Test(arguments: [
        ("https://localhost:8443", "https://localhost:8443"), ("http://a:80", "http://a"),
        ("http://a:443", "http://a:443"), ("https://a:80", "https://a:80"),
        ("https://[0:0::1]:8443", "https://[::1]:8443"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("https://db_1.example:65535", "https://db_1.example:65535"),
    ])
    func `an origin has one text`(given: String, text: String) throws {
        #expect(try Origin(given).text == text)
        #expect(try Origin(text) == (try Origin(given)))
    }

    @Test(arguments: [
        ("https://shop.example/shop", AddressProblem.notAnOrigin),
        ("https://shop.example//", .notAnOrigin), ("https://shop.example?", .notAnOrigin),
        ("https://shop.example/?a=b", .notAnOrigin), ("https://shop.example#", .notAnOrigin),
        ("https://shop.example/#a", .notAnOrigin), ("https://me@shop.example", .user),
        ("https://me:pw@shop.example", .user), ("https://@shop.example", .user),
        (" https://shop.example", .characters), ("https://shop.example ", .characters),
        ("https://shop .example", .characters), ("https://shop.example\n", .characters),
        ("https://shop.example\\", .characters), ("https://sh\u{F6}p.example", .characters),
        ("https://shop.example:0", .port), ("https://shop.example:99999", .port),
        ("https://shop.example:65536", .port), ("https://shop.example:+443", .port),
        ("https://shop.example:4a", .port), ("https://shop.example:-1", .port),
        ("https://shop.example:443:443", .port), ("https://shop.example:00000443", .port),
        ("https://", .host), ("https://:443", .host), ("https:///", .host), ("https://.", .host),
        ("https://..", .host), ("https://a..b", .host), ("https://-a", .host),
        ("https://a-", .host),
        ("https://a%2eb", .host), ("https://127.1", .host), ("https://0x7f.1", .host),
        ("https://2130706433", .host), ("https://0177.0.0.1", .host), ("https://1.2.3.256", .host),
        ("https://a.1", .host), ("https://a.0x", .host), ("https://[::1", .port),
        ("https://::1", .port), ("https://[::1]a", .host), ("https://[1.2.3.4]", .host),
        ("https://[]", .host), ("https://[::1%25eth0]", .host), ("ftp://shop.example", .noScheme),
        ("shop.example", .noScheme), ("https:shop.example", .noScheme),
        ("//shop.example", .noScheme),
        ("null", .noScheme), ("", .noScheme),
    ])
    func `what is more or less than an origin is refused, by its reason`(
        text: String, problem: AddressProblem
    ) {
        #expect(throws: problem) { try Origin(text) }
        #expect(!problem.phrase.text().isEmpty)
    }

    @Test func `other hosts, schemes and ports are other origins`() throws {
        let origin = try Origin("https://shop.example")
        for other in [
            "http://shop.example", "https://shop.example:8443", "https://www.shop.example",
            "https://shop.example.evil.example", "http://shop.example:443", "https://shop_example",
        ] {
            #expect(try Origin(other) != origin)
        }
    }
}

struct AuthorityTests {
    @Test func `the port is there or not`() throws {
        #expect(try Authority.parse("mail.example".utf8).port == nil)
        #expect(try Authority.parse("MAIL.example.:25".utf8).host == .name("mail.example"))
        #expect(try Authority.parse("[::1]:25".utf8).port == 25)
        for text in ["", ":25", "a:0", "a:65536", "a/b", "a b", "u@a", "a?b", "a#b", "1.2"] {
            #expect(throws: AddressProblem.self) { try Authority.parse(text.utf8) }
        }
    }
}
