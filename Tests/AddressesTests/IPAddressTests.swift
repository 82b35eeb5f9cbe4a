import Addresses
import Testing

struct IPAddressTests {
    @Test(
        arguments: [
            [0, 0, 0, 0], [0, 1, 2, 3], [10, 0, 0, 1], [10, 255, 255, 255], [100, 64, 0, 1],
            [100, 100, 100, 200], [100, 127, 255, 255], [127, 0, 0, 1], [127, 255, 255, 254],
            [168, 63, 129, 16], [169, 254, 169, 254], [172, 16, 0, 1], [172, 31, 255, 255],
            [192, 0, 0, 192], [192, 0, 2, 1], [192, 88, 99, 1], [192, 168, 0, 1], [198, 18, 0, 1],
            [198, 19, 255, 255], [198, 51, 100, 7], [203, 0, 113, 7], [224, 0, 0, 1],
            [239, 255, 255, 255], [240, 0, 0, 1], [255, 255, 255, 255],
        ] as [[UInt8]])
    func `special IPv4 addresses are not public`(address: [UInt8]) {
        #expect(!IPAddress.v4(address).isPublic)
    }

    @Test(
        arguments: [
            [1, 1, 1, 1], [9, 255, 255, 255], [11, 0, 0, 0], [100, 63, 255, 255], [100, 128, 0, 0],
            [126, 255, 255, 255], [128, 0, 0, 1], [168, 63, 129, 15], [169, 253, 255, 255],
            [172, 15, 255, 255], [172, 32, 0, 0], [192, 0, 1, 1], [192, 167, 255, 255],
            [192, 169, 0, 0], [198, 17, 255, 255], [198, 20, 0, 0], [223, 255, 255, 255],
        ] as [[UInt8]])
    func `their neighbours are public`(address: [UInt8]) {
        #expect(IPAddress.v4(address).isPublic)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"),
        ("::1", "::1"), ("1::", "1::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("::ffff:127.0.0.1", "::ffff:7f00:1"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func `each address has one text`(given: String, text: String) throws {
        let address = try #require(IPAddress(given.utf8))
        #expect(address.text == text)
        #expect(IPAddress(text.utf8) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4",
        "0x7f.0.0.1", "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ", ":", ":::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7::8", "g::", "12345::", "::1%eth0",
        "1.2.3.4::", "::1.2.3", "1:", ":1", "::1:", "1:2:3:4:5:6:7:1.2.3.4",
    ])
    func `what is no address is none`(text: String) {
        #expect(IPAddress(text.utf8) == nil)
    }

    @Test func `behind the prefix of NAT64 the IPv4 address decides`() throws {
        for (text, isPublic) in [
            ("64:ff9b::808:808", true), ("64:ff9b::8.8.8.8", true), ("64:ff9b::7f00:1", false),
            ("64:ff9b::a9fe:a9fe", false), ("64:ff9b::1:808:808", false),
            ("64:ff9b:1::808:808", false), ("::ffff:8.8.8.8", false), ("::8.8.8.8", false),
            ("2002:808:808::1", false), ("2001::808:808", false),
        ] {
            #expect(try #require(IPAddress(text.utf8)).isPublic == isPublic, "\(text)")
        }
    }

    /// The address whose first bytes are given and whose other bytes are zero but for the last.
    private func v6(_ first: [UInt8], last: UInt8 = 1) -> IPAddress {
        .v6(first + [UInt8](repeating: 0, count: 15 - first.count) + [last])
    }

    @Test(
        arguments: [
            [], [0xfe, 0x80], [0xfe, 0xc0], [0xfc], [0xfd, 0x00, 0x0e, 0xc2], [0xff, 0x02],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 8, 8, 8], [0, 0x64, 0xff, 0x9b],
            [0x01, 0x00], [0x20, 0x01, 0, 0], [0x20, 0x01, 0x01, 0xff], [0x20, 0x01, 0x0d, 0xb8],
            [0x20, 0x02, 127, 0, 0, 1], [0x3f, 0xff, 0x0f], [0x40], [0x5f],
        ] as [[UInt8]])
    func `special IPv6 addresses are not public`(first: [UInt8]) {
        #expect(!v6(first).isPublic)
        #expect(!v6([], last: 0).isPublic)
    }

    @Test(
        arguments: [
            [0x20, 0x01, 0x02, 0x00], [0x20, 0x01, 0x48, 0x60], [0x26, 0x06, 0x47, 0x00],
            [0x2a, 0x00, 0x14, 0x50], [0x3f, 0xff, 0x10],
        ] as [[UInt8]])
    func `global unicast IPv6 addresses are public`(first: [UInt8]) {
        #expect(v6(first).isPublic)
    }
}
