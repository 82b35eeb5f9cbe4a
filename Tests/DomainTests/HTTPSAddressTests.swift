import Domain
import Testing

struct HTTPSAddressTests {
    @Test(arguments: [
        "https://example.org", "https://example.org/a.jpg?b=c#d", "HTTPS://EXAMPLE.ORG/A.JPG",
        "https://example.org:8443/a.png", "https://example.org./a.png",
        "https://cdn_1.example.org/a", "https://8.8.8.8/a.png", "https://172.32.0.1/",
        "https://[2606:4700::1111]/a.png", "https://[2606:4700::1111]:443/a.png",
        "https://localhost.example.org/", "https://example.org?next=http://127.0.0.1",
    ])
    func `a public HTTPS address is taken`(text: String) {
        #expect(HTTPSAddress.problem(with: text) == nil)
    }

    @Test(arguments: [
        "", "example.org/a.jpg", "http://example.org/a.jpg", "ftp://example.org/a.jpg",
        "data:image/png;base64,AAAA", "file:///etc/passwd", "https:/example.org", "https://",
        "https:///a.jpg", "https://example.org/a b.jpg", "https://example.org/a\n.jpg",
        "https://example.org/\0", "https://exämple.org/", "https://example.org\\@127.0.0.1/",
        "https://example.org:0/", "https://example.org:65536/", "https://example.org:x/",
        "https://-example.org/", "https://example..org/", "https://[::1/",
        "https://[2606:4700::1111]x/", "https://[2606:4700::gggg]/", "https://[2606::4700::1]/",
        "https://[2606:4700]/", "https://[2606:4700:1:2:3:4:5:6:7]/", "https://[2606:47000::1]/",
        "https://" + String(repeating: "a", count: 64) + ".org/",
        "https://example.org/" + String(repeating: "a", count: 2000),
    ])
    func `what is no HTTPS address is refused`(text: String) {
        #expect(HTTPSAddress.problem(with: text) != nil)
    }

    @Test(arguments: ["https://user@example.org/", "https://user:pass@example.org/"])
    func `an address with a user name is refused`(text: String) {
        #expect(HTTPSAddress.problem(with: text) == "Leave user name and password out.")
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "intranet", "printer.local", "db.internal", "nas.lan",
        "router.home.arpa", "a.localhost", "x.onion", "127.0.0.1", "127.1", "2130706433",
        "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "0.0.0.0", "10.1.2.3",
        "100.64.0.1", "169.254.169.254", "168.63.129.16", "172.16.0.1", "172.31.255.255",
        "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7",
        "203.0.113.9", "224.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "[::]",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fc00::1]", "[fd12::1]",
        "[ff02::1]", "[64:ff9b::7f00:1]", "[2001:db8::1]", "[2001:0db8::1]", "[2001::1]",
        "[2001:0:1::1]", "[2001:0000:1::1]", "[2001:10::1]", "[2002:7f00:1::]", "[3fff:1::1]",
        "[fe80::1%25eth0]",
    ])
    func `a host that is not on the public internet is refused`(host: String) {
        #expect(HTTPSAddress.problem(with: "https://\(host)/a.png") != nil)
    }
}
