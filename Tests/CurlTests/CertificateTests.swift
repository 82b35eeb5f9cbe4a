import Curl
import Glibc
import HTTP
import HTTPTypes
import Testing

/// `openssl s_server` with a certificate of its own for 127.0.0.1, for a number of connections.
@safe
private final class SecureServer {
    let url: String
    let port: Int
    let caFile: String
    private let folder: String
    private let output: UnsafeMutablePointer<FILE>

    init(connections: Int) throws {
        var template = Array("/tmp/rushes-tls-XXXXXX\0".utf8.map(CChar.init(bitPattern:)))
        folder = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        caFile = folder + "/certificate.pem"
        let files = "-keyout \(folder)/key.pem -out \(caFile)"
        let status = unsafe system(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                + "-subj /CN=test -addext subjectAltName=IP:127.0.0.1 \(files) 2>/dev/null")
        try #require(status == 0)
        let command =
            "openssl s_server -accept 127.0.0.1:0 -key \(folder)/key.pem -cert \(caFile) -www "
            + "-naccept \(connections) 2>&1 </dev/null"
        unsafe output = try #require(unsafe popen(command, "r"))
        // "ACCEPT 127.0.0.1:44321" says that it listens, and where.
        var line = [CChar](repeating: 0, count: 256)
        var port: Int?
        while port == nil, unsafe fgets(&line, CInt(line.count), output) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("ACCEPT "), let colon = text.lastIndex(of: ":") {
                port = Int(text[text.index(after: colon)...].prefix { $0.isNumber })
            }
        }
        self.port = try #require(port)
        url = "https://127.0.0.1:\(self.port)/"
    }

    deinit {
        // Waits until the last connection is served.
        unsafe pclose(output)
        for name in ["/key.pem", "/certificate.pem", ""] { unsafe remove(folder + name) }
    }
}

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
}
