import Addresses
import Testing

@Suite struct `A public address` {
    private func text(_ given: String) throws(AddressProblem) -> String {
        try WebURL(public: given).text
    }

    @Test(arguments: [
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a.jpg?b=c#d", "https://example.org/a.jpg?b=c"),
        ("HTTPS://EXAMPLE.ORG/A.JPG", "https://example.org/A.JPG"),
        ("https://example.org:8443/a.png", "https://example.org:8443/a.png"),
        ("https://example.org:443/a.png", "https://example.org/a.png"),
        ("https://example.org./a.png", "https://example.org/a.png"),
        ("https://cdn_1.example.org/a", "https://cdn_1.example.org/a"),
        ("https://8.8.8.8/a.png", "https://8.8.8.8/a.png"),
        ("https://[2606:4700:0::1111]:443/a", "https://[2606:4700::1111]/a"),
        ("https://localhost.example.org/", "https://localhost.example.org/"),
        ("https://example.org?next=http://127.0.0.1", "https://example.org/?next=http://127.0.0.1"),
        ("https://example.org/a/../b/./c/", "https://example.org/b/c/"),
        ("https://example.org/../%2e%2E/a/%2e", "https://example.org/a/"),
        ("https://example.org/a//b/..", "https://example.org/a//"),
        ("https://example.org/a%2Fb%20c/...", "https://example.org/a%2Fb%20c/..."),
        ("https://example.org/{a}|\"b\"", "https://example.org/%7Ba%7D%7C%22b%22"),
    ])
    func `is taken in one form, which is its own`(given: String, kept: String) throws {
        #expect(try text(given) == kept)
        #expect(try text(kept) == kept)
    }

    @Test(arguments: [
        "", "example.org/a.jpg", "http://example.org/a.jpg", "ftp://example.org/a.jpg",
        "data:image/png;base64,AAAA", "file:///etc/passwd", "https:/example.org", "https://",
        "https:///a.jpg", "https://example.org/a b.jpg", "https://example.org/a\n.jpg",
        "https://example.org/\0", "https://exämple.org/", "https://example.org\\@127.0.0.1/",
        "https://example.org/\\..", "https://example.org/\u{37E}", "https://example\u{3002}org/",
        "https://example.org:0/", "https://example.org:65536/", "https://example.org:x/",
        "https://-example.org/", "https://example..org/", "https://[::1/", "https://ex%61mple.org/",
        "https://[2606:4700::1111]x/", "https://[2606:4700::gggg]/", "https://[2606::4700::1]/",
        "https://[2606:4700]/", "https://[2606:4700:1:2:3:4:5:6:7]/", "https://[2606:47000::1]/",
        "https://" + String(repeating: "a", count: 64) + ".org/",
        "https://example.org/" + String(repeating: "a", count: 2000),
        // Longer than may be only once it is encoded.
        "https://example.org/" + String(repeating: "{", count: 700),
    ])
    func `is no other text`(given: String) {
        #expect(throws: AddressProblem.self) { try text(given) }
    }

    @Test(arguments: ["https://user@example.org/", "https://user:pass@example.org/"])
    func `has no user name`(given: String) {
        #expect(throws: AddressProblem.user) { try text(given) }
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "intranet", "printer.local", "db.internal", "nas.lan",
        "router.home.arpa", "a.localhost", "x.onion", "x.invalid", "127.0.0.1", "127.1",
        "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "0.0.0.0",
        "10.1.2.3", "100.64.0.1", "169.254.169.254", "168.63.129.16", "172.16.0.1",
        "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3",
        "1.2.3.4.5", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]",
        "[fc00::1]", "[fd12::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2001:db8::1]",
        "[2001:0db8::1]", "[2001::1]", "[2001:0:1::1]", "[2001:0000:1::1]", "[2001:10::1]",
        "[2002:7f00:1::]", "[3fff:1::1]", "[5f00::1]", "[100::1]", "[fe80::1%25eth0]",
        "localhost.", "LocalHost.", "nas.lan.", "１２７.0.0.1", "127。0。0。1", "%31%32%37.0.0.1",
    ])
    func `is at no host that is not on the public internet`(host: String) {
        #expect(throws: AddressProblem.self) { try text("https://\(host)/a.png") }
    }

    @Test func `may be anywhere at an origin excepted`() throws {
        let sandbox = try Origin("http://localhost:8090/")
        func taken(_ text: String) -> String? {
            try? WebURL(public: text, except: [sandbox]).text
        }
        #expect(taken("HTTP://LOCALHOST:8090/a?b") == "http://localhost:8090/a?b")
        for other in [
            "http://localhost:80901/", "http://localhost/", "https://localhost:8090/",
            "http://localhost:8090@evil.example/", "http://localhost.evil.example:8090/",
            "http://127.0.0.1:8090/", "http://localhost:8090\\@evil.example/",
        ] {
            #expect(taken(other) == nil)
        }
    }
}

@Suite struct `A link that a machine sent` {
    @Test(
        arguments: [
            ("https://cdn.example/a b.mp4", "https://cdn.example/a%20b.mp4"),
            (" https://cdn.example/a.mp4\r\n", "https://cdn.example/a.mp4"),
            ("https://cdn.example/ü.mp4?t=ä ö", "https://cdn.example/%C3%BC.mp4?t=%C3%A4%20%C3%B6"),
            (
                "https://cdn.example/a%20b.mp4?s=a%2Fb+c==&e=1",
                "https://cdn.example/a%20b.mp4?s=a%2Fb+c==&e=1"
            ),
            ("http://cdn.example/<a>", "http://cdn.example/%3Ca%3E"),
            ("https://cdn.example/" + String(repeating: "a", count: 3000), nil as String?),
        ].map { ($0, $1 ?? $0) })
    func `is taken with what can be encoded, encoded`(link: String, url: String) {
        #expect(WebURL(link: link)?.text == url)
        #expect(WebURL(link: url)?.text == url)
    }

    @Test(arguments: [
        "", " ", "a.mp4", "/a.mp4", "//cdn.example/a.mp4", "ftp://cdn.example/a.mp4",
        "file:///etc/passwd", "https:cdn.example/a.mp4", "https://cdn.example/a\nb.mp4",
        "https://cdn.example/a\tb.mp4", "https://cdn.example\\a.mp4", "https://cd n.example/a.mp4",
        "https://cdn%2eexample/a.mp4", "https://ćdn.example/a.mp4", "https://me@cdn.example/a.mp4",
        "https://cdn.example/\0", "https://cdn.example:0/a.mp4",
        "https://cdn.example/" + String(repeating: "a", count: 8000),
    ])
    func `is none when a reader could take it for another`(link: String) {
        #expect(WebURL(link: link) == nil)
    }

    /// RFC 3986 5.4, and what servers send.
    @Test(arguments: [
        ("g", "https://a.example/b/c/g"), ("./g", "https://a.example/b/c/g"),
        ("g/", "https://a.example/b/c/g/"), ("/g", "https://a.example/g"),
        ("//g.example", "https://g.example/"), ("?y", "https://a.example/b/c/d?y"),
        ("g?y", "https://a.example/b/c/g?y"), ("#s", "https://a.example/b/c/d?q"),
        ("", "https://a.example/b/c/d?q"), (".", "https://a.example/b/c/"),
        ("..", "https://a.example/b/"), ("../../../g", "https://a.example/g"),
        ("a b", "https://a.example/b/c/a%20b"), ("http://g.example:80", "http://g.example/"),
        ("g:1", nil), ("https:g", nil), ("HTTPS://G.example/", "https://g.example/"),
        ("file:///etc/passwd", nil), ("javascript:alert(1)", nil), ("//u@g.example", nil),
        ("\\\\g.example", nil), ("/\\g.example", nil), ("//127.1", nil), ("g\r\nh", nil),
        ("/a:b", "https://a.example/a:b"),
        ("?https://g.example", "https://a.example/b/c/d?https://g.example"),
    ])
    func `leads on where its answer says`(reference: String, target: String?) throws {
        let url = try #require(WebURL(link: "https://a.example/b/c/d?q"))
        #expect(url.following(reference)?.text == target)
    }
}

@Suite struct `The base of an API` {
    @Test(arguments: [
        ("https://api.stripe.com", "https://api.stripe.com"),
        ("https://api.stripe.com:443/", "https://api.stripe.com"),
        ("HTTP://localhost:8090/pollo/", "http://localhost:8090/pollo"),
        ("https://pollo.ai/api/platform", "https://pollo.ai/api/platform"),
    ])
    func `ends without a slash`(text: String, base: String) throws {
        #expect(try WebURL.base(text) == base)
    }

    @Test(arguments: [
        "https://pollo.ai/api?", "https://pollo.ai/api?key=1", "https://pollo.ai/#a",
        "https://me@pollo.ai", "https://pollo.ai:0", "https://pollo.ai:99999", "pollo.ai",
        "https://pollo.ai/a b", "https:///api",
    ])
    func `has no other part`(text: String) {
        #expect(throws: AddressProblem.self) { try WebURL.base(text) }
    }
}
