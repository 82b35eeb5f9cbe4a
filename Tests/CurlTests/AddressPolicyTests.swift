import Curl
import HTTP
import HTTPTypes
import Testing

struct AddressPolicyTests {
    private func curl(except origins: [String] = []) -> Curl {
        Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", connectTimeout: .seconds(2), timeout: .seconds(5),
                addressPolicy: .publicOnly(exceptOrigins: origins)))
    }

    private func failureKind(_ url: String, _ curl: Curl) -> TransportError.Kind? {
        failure { () throws(TransportError) in
            try curl.send(OutboundRequest(method: .get, url: url))
        }?.kind
    }

    @Test func `a private address is refused before anything is connected`() throws {
        let server = try LocalServer { _, _ in .send(answer()) }
        let spellings = [
            "127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0.0.0.0",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "LOCALHOST",
        ]
        for host in spellings {
            #expect(
                failureKind("http://\(host):\(server.port)/", curl()) == .refusedAddress, "\(host)")
        }
        #expect(server.connections == 0)
    }

    @Test(arguments: [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/",
        "http://[::1]/", "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://224.0.0.1/",
        "https://192.168.1.1/",
    ])
    func `other addresses that are not public are refused too`(url: String) {
        #expect(failureKind(url, curl()) == .refusedAddress)
    }

    @Test func `an excepted origin is allowed and no other port or spelling of it`() throws {
        let server = try LocalServer { _, _ in .send(answer()) }
        let other = try LocalServer { _, _ in .send(answer()) }
        let curl = curl(except: ["http://localhost:\(server.port)"])
        #expect(failureKind("http://localhost:\(server.port)/file", curl) == nil)
        #expect(failureKind("http://LOCALHOST:\(server.port)/file", curl) == nil)
        #expect(failureKind("http://127.0.0.1:\(server.port)/file", curl) == .refusedAddress)
        #expect(failureKind("http://localhost:\(other.port)/file", curl) == .refusedAddress)
        #expect(failureKind("https://localhost:\(server.port)/file", curl) == .refusedAddress)
        #expect(other.connections == 0)
    }
}

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
