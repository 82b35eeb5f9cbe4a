import Curl
import HTTP
import HTTPTypes
import LoopbackSupport
import Testing

private func request(
    _ url: String, _ method: HTTPRequest.Method = .get, fields: HTTPFields = [:],
    body: String? = nil
) -> OutboundRequest {
    OutboundRequest(method: method, url: url, fields: fields, body: body.map { Array($0.utf8) })
}

/// The kind and text of what `work` throws.
func failure<Value>(of work: () throws(TransportError) -> Value) -> TransportError? {
    do {
        _ = try work()
        return nil
    } catch {
        return error
    }
}

struct SendTests {
    let curl = Curl(CurlOptions(userAgent: "Rushes/1.2.3", timeout: .seconds(5)))

    @Test func `an answer comes back whole`() throws {
        let server = try LoopbackServer { _, _ in
            .send(
                answer("402 Payment Required", "no", fields: "X-One: 1\r\nX-Two: a\r\nX-Two: b\r\n")
            )
        }
        let response = try curl.send(request(server.url + "/path?q=1"))
        #expect(response.status.code == 402)
        #expect(response.body == Array("no".utf8))
        let two = try #require(HTTPField.Name("X-Two"))
        #expect(response.fields[values: two] == ["a", "b"])
        #expect(server.requests[0].text.hasPrefix("GET /path?q=1 HTTP/1.1\r\n"))
        #expect(server.requests[0].text.contains("\r\nUser-Agent: Rushes/1.2.3\r\n"))
    }

    @Test(arguments: ["br", "zstd"])
    func `a coding that is not in this program is an error`(coding: String) throws {
        let server = try LoopbackServer { _, _ in
            .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: \(coding)\r\n\r\nabcdefgh")
        }
        let error = failure { () throws(TransportError) in try curl.send(request(server.url)) }
        #expect(error?.kind == .unknown)
    }

    @Test func `a body is sent byte for byte, with the fields of the request`() throws {
        let server = try LoopbackServer { _, _ in .send(answer()) }
        let fields: HTTPFields = [.contentType: "application/json", .accept: ""]
        _ = try curl.send(request(server.url, .post, fields: fields, body: "{\"a\":\"\0é\"}"))
        _ = try curl.send(request(server.url, .post, fields: fields))
        #expect(server.requests[0].text.hasPrefix("POST / HTTP/1.1\r\n"))
        #expect(server.requests[0].text.contains("\r\nContent-Type: application/json\r\n"))
        #expect(server.requests[0].text.contains("\r\nAccept:\r\n"))
        #expect(server.requests[0].text.hasSuffix("\r\n\r\n{\"a\":\"\0é\"}"))
        #expect(server.requests[1].text.contains("\r\nContent-Length: 0\r\n"))
    }

    @Test func `other methods go by their own names`() throws {
        let server = try LoopbackServer { _, request in
            .send(
                request.text.hasPrefix("HEAD")
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" : answer())
        }
        for method in [HTTPRequest.Method.delete, .head, .patch] {
            _ = try curl.send(request(server.url, method, body: method == .patch ? "x" : nil))
        }
        #expect(
            server.requests.map { $0.text.prefix { $0 != " " } } == ["DELETE", "HEAD", "PATCH"])
    }

    @Test func `a redirect is an answer and is not followed`() throws {
        let server = try LoopbackServer { _, _ in
            .send(answer("302 Found", "", fields: "Location: /elsewhere\r\n"))
        }
        let response = try curl.send(request(server.url))
        #expect(response.status.code == 302)
        #expect(server.requests.count == 1)
    }

    @Test func `a connection is used again for the next request`() throws {
        let server = try LoopbackServer { _, _ in .send(answer()) }
        for _ in 0..<3 { _ = try curl.send(request(server.url)) }
        #expect(server.connections == 1)
    }

    @Test func `a POST whose connection dies unanswered was sent once and is unknown`() throws {
        let server = try LoopbackServer { number, _ in
            number == 0 ? .send(answer()) : .sendAndClose("")
        }
        _ = try curl.send(request(server.url))
        let error = failure { () throws(TransportError) in
            try curl.send(request(server.url, .post, body: "x"))
        }
        #expect(error?.kind == .unknown)
        #expect(server.requests.count == 2)
    }

    @Test func `a POST with an idempotency key keeps its connection, as a GET does`() throws {
        let server = try LoopbackServer { _, _ in .send(answer()) }
        let key = try #require(HTTPField.Name("Idempotency-Key"))
        for _ in 0..<2 {
            _ = try curl.send(request(server.url, .post, fields: [key: "k"], body: "x"))
        }
        #expect(server.connections == 1)
    }

    @Test func `no listener means not sent`() throws {
        let port = try LoopbackServer { _, _ in .silence }.port
        let error = failure { () throws(TransportError) in
            try curl.send(request("http://127.0.0.1:\(port)", .post, body: "x"))
        }
        #expect(error?.kind == .notSent)
    }

    @Test func `a name that leads nowhere means not sent`() {
        let error = failure { () throws(TransportError) in
            try curl.send(request("http://name.invalid/"))
        }
        #expect(error?.kind == .notSent)
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://", "not a url\n",
        "http://user:secret@127.0.0.1/", "http://127.1/", "http://127.0.0.1\\@127.0.0.1/",
    ])
    func `what is no URL of HTTP is refused`(url: String) {
        let error = failure { () throws(TransportError) in try curl.send(request(url)) }
        #expect(error?.kind == .refusedAddress)
    }

    @Test func `a peer that speaks no TLS means not sent`() throws {
        let server = try LoopbackServer { _, _ in .send(answer()) }
        let error = failure { () throws(TransportError) in
            try curl.send(request("https://127.0.0.1:\(server.port)", .post, body: "x"))
        }
        #expect(error?.kind == .notSent)
    }

    @Test func `a timeout in the TLS handshake means not sent, one after sending unknown`() throws {
        let curl = Curl(
            CurlOptions(
                userAgent: "Rushes/1.2.3", connectTimeout: .milliseconds(200),
                timeout: .milliseconds(400)))
        let server = try LoopbackServer { _, _ in .silence }
        let handshake = failure { () throws(TransportError) in
            try curl.send(request("https://127.0.0.1:\(server.port)", .post, body: "x"))
        }
        #expect(handshake?.kind == .notSent)
        let silence = failure { () throws(TransportError) in
            try curl.send(request(server.url, .post, body: "x"))
        }
        #expect(silence?.kind == .unknown)
        #expect(server.requests.last?.text.hasPrefix("POST") == true)
    }

    @Test(arguments: [
        "", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    ])
    func `an answer that is no whole answer means unknown`(text: String) throws {
        let server = try LoopbackServer { _, _ in .sendAndClose(text) }
        let error = failure { () throws(TransportError) in
            try curl.send(request(server.url, .post, body: "x"))
        }
        #expect(error?.kind == .unknown)
    }

    @Test(arguments: [
        answer("200 OK", String(repeating: "x", count: 101)),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
            + String(repeating: "x", count: 101) + "\r\n0\r\n\r\n",
    ])
    func `an answer that is too long is refused, announced or not`(text: String) throws {
        let curl = Curl(CurlOptions(userAgent: "Rushes/1.2.3", maxResponseBytes: 100))
        let server = try LoopbackServer { number, _ in
            .sendAndClose(number == 0 ? text : answer("200 OK", String(repeating: "x", count: 100)))
        }
        let error = failure { () throws(TransportError) in try curl.send(request(server.url)) }
        #expect(error?.kind == .tooLarge)
        #expect(try curl.send(request(server.url)).body.count == 100)
    }

    @Test func `an error names neither fields nor body`() throws {
        let server = try LoopbackServer { _, _ in .sendAndClose("") }
        let error = failure { () throws(TransportError) in
            try curl.send(
                request(
                    server.url, .post, fields: [.authorization: "Bearer secret"], body: "secret"))
        }
        let message = try #require(error?.message)
        #expect(!message.isEmpty)
        #expect(!message.contains("secret"))
    }

    @Test func `where the status decides, the rest is not waited for`() throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n"
        let replies = [
            "\(head)\r\n", "\(head)\r\nxxx", "\(head)X-More: than",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ]
        let hurried = Curl(
            CurlOptions(userAgent: "Rushes/1.2.3", timeout: .seconds(8), maxResponseBytes: 9)
        )
        for (index, reply) in replies.enumerated() {
            let server = try LoopbackServer { _, _ in .send(reply) }
            var request = request(server.url, .post, body: "x")
            request.readsBody = false
            let begin = ContinuousClock.now
            let response = try hurried.send(request)
            #expect([200, 204].contains(response.status.code), "\(reply)")
            #expect(response.body.isEmpty)
            // Only the one whose fields do not end takes its time.
            #expect(index == 2 || begin.duration(to: .now) < .milliseconds(7500), "\(reply)")
        }
    }

    @Test func `a request has less time than others where it says so`() throws {
        let server = try LoopbackServer { _, _ in .silence }
        var request = request(server.url)
        request.timeout = .milliseconds(50)
        let begin = ContinuousClock.now
        #expect(
            failure(of: { () throws(TransportError) in try curl.send(request) })?.kind == .unknown)
        #expect(begin.duration(to: .now) < .seconds(8))
    }
}
