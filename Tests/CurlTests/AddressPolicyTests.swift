import Addresses
import Curl
import HTTP
import HTTPTypes
import LoopbackSupport
import Testing

struct AddressPolicyTests {
    private func curl(except origins: [String] = []) -> Curl {
        Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", connectTimeout: .seconds(2), timeout: .seconds(5),
                addressPolicy: .publicOnly(exceptOrigins: origins.compactMap { try? Origin($0) })))
    }

    private func failureKind(_ url: String, _ curl: Curl) -> TransportError.Kind? {
        failure { () throws(TransportError) in
            try curl.send(OutboundRequest(method: .get, url: url))
        }?.kind
    }

    @Test func `a private address is refused before anything is connected`() throws {
        let server = try LoopbackServer { _, _ in .send(answer()) }
        let spellings = [
            "127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0.0.0.0",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "LOCALHOST", "localhost.", "%6cocalhost",
            "127.0.0.1.", "127。0。0。1", "１２７.0.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
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
        let server = try LoopbackServer { _, _ in .send(answer()) }
        let other = try LoopbackServer { _, _ in .send(answer()) }
        let curl = curl(except: ["http://localhost:\(server.port)"])
        #expect(failureKind("http://localhost:\(server.port)/file", curl) == nil)
        #expect(failureKind("http://LOCALHOST:\(server.port)/file", curl) == nil)
        #expect(failureKind("http://127.0.0.1:\(server.port)/file", curl) == .refusedAddress)
        #expect(failureKind("http://localhost:\(other.port)/file", curl) == .refusedAddress)
        #expect(failureKind("https://localhost:\(server.port)/file", curl) == .refusedAddress)
        #expect(other.connections == 0)
    }
}
