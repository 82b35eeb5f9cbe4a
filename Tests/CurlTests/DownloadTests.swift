import Addresses
import Curl
import Glibc
import HTTP
import LoopbackSupport
import Testing

struct DownloadTests {
    /// Runs `body` with a path in a folder of its own, and takes the folder away.
    private func withPath(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/rushes-download-XXXXXX\0".utf8.map(CChar.init(bitPattern:)))
        let folder = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        defer {
            unsafe unlink(folder + "/file")
            unsafe rmdir(folder)
        }
        try body(folder + "/file")
    }

    private func contents(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    private func curl(for servers: LoopbackServer...) -> Curl {
        Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", connectTimeout: .seconds(2),
                addressPolicy: .publicOnly(
                    exceptOrigins: servers.compactMap { try? Origin($0.url) })))
    }

    private let limits = DownloadLimits(maxBytes: 1000, timeout: .seconds(5))

    @Test func `a file is fetched, over redirects, with its size and type`() throws {
        let server = try LoopbackServer { _, request in
            request.text.hasPrefix("GET /file ")
                ? .send(answer("200 OK", "video", fields: "Content-Type: video/mp4\r\n"))
                : .send(answer("302 Found", "moved", fields: "Location: /file\r\n"))
        }
        try withPath { path in
            let file = try curl(for: server).download(server.url + "/old", to: path, limits: limits)
            #expect(file.sizeBytes == 5)
            #expect(file.contentType == "video/mp4")
            #expect(contents(path) == "video")
        }
    }

    @Test func `a file that lies there from an earlier try is replaced`() throws {
        let server = try LoopbackServer { number, _ in
            .send(answer("200 OK", number == 0 ? "a longer one" : "short"))
        }
        try withPath { path in
            let curl = curl(for: server)
            _ = try curl.download(server.url, to: path, limits: limits)
            _ = try curl.download(server.url, to: path, limits: limits)
            #expect(contents(path) == "short")
        }
    }

    @Test(arguments: [
        (answer("403 Forbidden", "expired"), TransportError.Kind.unknown),
        (answer("206 Partial Content", "part"), .unknown),
        (answer("204 No Content", ""), .unknown),
        (answer("302 Found", ""), .unknown),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", .unknown),
        ("", .unknown),
        (answer("200 OK", String(repeating: "x", count: 1001)), .tooLarge),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
                + String(repeating: "x", count: 1001) + "\r\n0\r\n\r\n", .tooLarge
        ),
    ])
    func `anything but a whole file within the limit leaves nothing`(
        text: String, kind: TransportError.Kind
    ) throws {
        let server = try LoopbackServer { _, _ in .sendAndClose(text) }
        try withPath { path in
            let error = failure { () throws(TransportError) in
                try curl(for: server).download(server.url, to: path, limits: limits)
            }
            #expect(error?.kind == kind)
            #expect(contents(path) == nil)
        }
    }

    @Test func `a transfer that hardly moves is given up`() throws {
        let server = try LoopbackServer { _, _ in
            .send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nfirst")
        }
        try withPath { path in
            let error = failure { () throws(TransportError) in
                try curl(for: server).download(
                    server.url, to: path,
                    limits: DownloadLimits(
                        maxBytes: 1000, timeout: .seconds(60), lowSpeedTime: .seconds(1)))
            }
            #expect(error?.kind == .unknown)
            #expect(contents(path) == nil)
        }
    }

    @Test func `five redirects are followed and a sixth is not`() throws {
        let server = try LoopbackServer { number, request in
            let left = Int(request.text.dropFirst("GET /".count).prefix { $0.isNumber }) ?? 0
            return left == 0
                ? .send(answer("200 OK", "video"))
                : .send(answer("307 Temporary Redirect", "", fields: "Location: /\(left - 1)\r\n"))
        }
        try withPath { path in
            let curl = curl(for: server)
            _ = try curl.download(server.url + "/5", to: path, limits: limits)
            #expect(contents(path) == "video")
            let error = failure { () throws(TransportError) in
                try curl.download(server.url + "/6", to: path, limits: limits)
            }
            #expect(error?.kind == .unknown)
            #expect(contents(path) == nil)
        }
    }

    @Test func `a redirect to a private address or to plain HTTP is refused`() throws {
        let inner = try LoopbackServer { _, _ in .send(answer("200 OK", "secret")) }
        let targets = [
            "http://127.0.0.1:\(inner.port)/", "https://127.0.0.1:\(inner.port)/",
            "https://[::ffff:127.0.0.1]:\(inner.port)/", "http://example.com/",
            "file:///etc/passwd", "https://169.254.169.254/",
        ]
        let server = try LoopbackServer { number, _ in
            .send(answer("302 Found", "", fields: "Location: \(targets[number])\r\n"))
        }
        try withPath { path in
            let curl = curl(for: server)
            for target in targets {
                let error = failure { () throws(TransportError) in
                    try curl.download(server.url, to: path, limits: limits)
                }
                #expect(error?.kind == .refusedAddress, "\(target)")
                #expect(contents(path) == nil)
            }
        }
        #expect(inner.connections == 0)
    }

    @Test func `a link and its redirects are fetched in the form that they were judged in`() throws
    {
        let server = try LoopbackServer { _, request in
            switch request.target {
            case "/the%20first.mp4?a=%C3%BC":
                .send(answer("302 Found", "", fields: "Location: ./x/../the second%2emp4\r\n"))
            case "/the%20second%2emp4": .send(answer("200 OK", "video"))
            default: .send(answer("404 Not Found", ""))
            }
        }
        try withPath { path in
            let link = " \(server.url)/old/../the first.mp4?a=\u{FC}#part\n"
            let file = try curl(for: server).download(link, to: path, limits: limits)
            #expect(file.sizeBytes == 5)
            #expect(contents(path) == "video")
        }
    }

    @Test(arguments: [
        "", "/video.mp4", "https:example.org/a", "https://example.org\\@127.0.0.1/",
        "https://exa mple.org/", "https://127.1/", "https://2130706433/", "https://[::1/",
        "https://example.org/a\nb", "https://example.org:0/", "https://user@example.org/",
        "ftp://example.org/a", "https://127.0.0.1.\u{3002}/",
    ])
    func `what is no link is not fetched, at once`(link: String) throws {
        try withPath { path in
            let start = ContinuousClock.now
            let error = failure { () throws(TransportError) in
                try curl().download(link, to: path, limits: limits)
            }
            #expect(error?.kind == .refusedAddress)
            #expect(contents(path) == nil)
            #expect(ContinuousClock.now - start < .seconds(8))
        }
    }

    @Test(arguments: ["", "Location: /a\r\nLocation: /b\r\n"])
    func `a redirect to no one place is followed nowhere`(fields: String) throws {
        let server = try LoopbackServer { _, request in
            request.text.hasPrefix("GET / ")
                ? .send(answer("302 Found", "", fields: fields)) : .send(answer("200 OK", "video"))
        }
        try withPath { path in
            let error = failure { () throws(TransportError) in
                try curl(for: server).download(server.url, to: path, limits: limits)
            }
            #expect(error?.kind == .unknown)
            #expect(server.connections == 1)
        }
    }

    @Test func `plain HTTP is refused unless the origin is excepted`() throws {
        let server = try LoopbackServer { _, _ in .send(answer("200 OK", "video")) }
        try withPath { path in
            for policy in [AddressPolicy.any, .publicOnly(exceptOrigins: [])] {
                let curl = Curl(CurlOptions(userAgent: "Rushes/1.2.3", addressPolicy: policy))
                let error = failure { () throws(TransportError) in
                    try curl.download(server.url, to: path, limits: limits)
                }
                #expect(error?.kind == .refusedAddress)
                #expect(contents(path) == nil)
            }
        }
        #expect(server.connections == 0)
    }

    @Test func `a path that cannot be written is an error`() throws {
        let server = try LoopbackServer { _, _ in .send(answer("200 OK", "video")) }
        let error = failure { () throws(TransportError) in
            try curl(for: server).download(
                server.url, to: "/nonexistent/folder/file", limits: limits)
        }
        #expect(error?.kind == .unknown)
        #expect(error?.message.contains("No such file") == true)
    }
}
