import Curl
import FoundationEssentials
import HTTP
import HTTPTypes
import LoopbackSupport
import Testing

struct CertificateTests {
    private func status(_ url: String, caFile: String?) throws(TransportError) -> Int {
        let curl = Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", timeout: .seconds(5), caFile: caFile))
        return try curl.send(OutboundRequest(method: .get, url: url)).status.code
    }

    @Test func `only a trusted certificate for the very host is accepted`() throws {
        let server = try SecureServer(connections: 3)
        #expect(try status(server.url, caFile: server.caFile) == 200)
        let untrusted = failure { () throws(TransportError) in
            try status(server.url, caFile: nil)
        }
        #expect(untrusted?.kind == .notSent)
        let otherName = failure { () throws(TransportError) in
            try status("https://localhost:\(server.port)/", caFile: server.caFile)
        }
        #expect(otherName?.kind == .notSent)
    }

    @Test func `a file of certificates that is missing means not sent`() throws {
        let error = failure { () throws(TransportError) in
            try status("https://127.0.0.1:1/", caFile: "/nonexistent/ca.pem")
        }
        #expect(error?.kind == .notSent)
    }

    // MARK: Until when

    private func look(
        _ server: SecureServer, trusted: Bool = true, host: String = "127.0.0.1"
    ) throws(TransportError) -> ServerCertificate {
        let curl = Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", timeout: .seconds(5),
                caFile: trusted ? server.caFile : nil))
        return try curl.certificate(of: "https://\(host):\(server.port)")
    }

    @Test func `a certificate tells until when it is good`() throws {
        let server = try SecureServer(connections: 2, .days(10))
        let certificate = try look(server)
        #expect(certificate.problem == nil)
        #expect(abs(certificate.endsAt.timeIntervalSinceNow - 10 * 86_400) < 120)
    }

    @Test func `one that is over, of another name, or that nobody trusts tells why`() throws {
        let past = try look(SecureServer(connections: 2, .past))
        #expect(past.endsAt < Date(timeIntervalSince1970: 1_609_459_200))
        #expect(past.problem?.contains("expired") == true)
        let server = try SecureServer(connections: 4)
        let foreign = try look(server, host: "localhost")
        #expect(foreign.problem?.isEmpty == false && foreign.endsAt > Date())
        #expect(try look(server, trusted: false).problem?.contains("certificate") == true)
    }

    @Test func `what speaks no TLS has none`() throws {
        let server = try LoopbackServer { _, _ in .sendAndClose(answer()) }
        let error = failure { () throws(TransportError) in
            try Curl(CurlOptions(userAgent: "Rushes/1.2.3", timeout: .seconds(5)))
                .certificate(of: "https://127.0.0.1:\(server.port)")
        }
        #expect(error?.kind == .notSent)
    }
}
