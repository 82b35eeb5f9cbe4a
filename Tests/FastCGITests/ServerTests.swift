import HTTP
import HTTPTypes
import Synchronization
import System
import Testing

@testable import FastCGI

/// Answers with what the test asks for in the path.
@Sendable private func site(_ request: Request) -> Response {
    func text(_ text: String) -> Response {
        Response(status: .ok, contentType: "text/plain", body: Array(text.utf8))
    }
    switch request.path {
    case "/echo":
        do {
            return Response(status: .ok, body: try request.source.body(upTo: 1_000_000))
        } catch is BodyTooLarge {
            return Response(status: .contentTooLarge)
        } catch {
            return Response(status: .badRequest)
        }
    case "/request":
        return text("\(request.method) \(request.queryString) \(request.id)")
    case "/big":
        return Response(
            status: .ok, contentType: "application/octet-stream",
            body: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
    case "/none":
        return Response(status: .noContent, contentType: "text/plain", body: [1])
    case "/same":
        return Response(status: .notModified, fields: [.eTag: "\"1\""], body: [1])
    case "/split":
        return Response(status: .ok, fields: [.location: "/a\r\nSet-Cookie: b\n\nc"])
    default:
        return text("hello")
    }
}

@Suite(.timeLimit(.minutes(5))) struct ServerTests {
    private func withServer(
        workers: Int = 2, limits: Server.Limits = .quick, _ body: (TestServer) throws -> Void
    ) throws {
        let server = try TestServer(workers: workers, limits: limits, respond: site)
        defer { server.stop() }
        try body(server)
    }

    // MARK: Connections

    @Test func `idle, silent and stuck connections hold up nobody`() throws {
        try withServer(workers: 2) { server in
            let kept = try (0..<300).map { _ in try Client(path: server.path) }
            for client in kept {
                #expect(try client.send().text == "hello")
            }
            let silent = try Client(path: server.path)
            let stuck = try Client(path: server.path)
            try stuck.write(Array(Client.request().prefix(20)))

            // The best of a few, since the machine may be busy with something else.
            let best = try (0..<5).map { _ in
                let start = ContinuousClock.now
                let answer = try Client(path: server.path).send()
                #expect(answer.text == "hello")
                return ContinuousClock.now - start
            }.min()
            #expect(try #require(best) < .milliseconds(100))
            withExtendedLifetime((kept, silent, stuck)) {}
        }
    }

    @Test(arguments: [4, 20, 60])
    func `a peer that stops in the middle is given up`(sent: Int) throws {
        try withServer(workers: 1, limits: .impatient) { server in
            let stuck = try Client(path: server.path)
            try stuck.write(Array(Client.request().prefix(sent)))
            #expect(try Client(path: server.path).send().text == "hello")
            #expect(try stuck.waitForClose())
        }
    }

    @Test func `a request whose parameters break off is not answered`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            let whole = Client.parameters([("REQUEST_METHOD", "GET"), ("DOCUMENT_URI", "/")])
            // Without the record that ends them, more could follow.
            try client.write(Client.begin() + whole.dropLast(8))
            client.finishWriting()
            #expect(try client.waitForClose())
        }
    }

    @Test func `a peer that takes no answer is given up`() throws {
        let server = try TestServer(workers: 1, limits: .impatient) { request in
            let size = request.path == "/endless" ? 4_000_000 : 1
            return Response(status: .ok, body: [UInt8](repeating: 0, count: size))
        }
        defer { server.stop() }
        let stuck = try Client(path: server.path)
        try stuck.write(Client.request("GET", "/endless"))
        #expect(try Client(path: server.path).send().body == [0])
        #expect(throws: Client.Closed()) { try stuck.answer() }
    }

    @Test func `a kept connection serves many requests`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            for number in 0..<1000 {
                let answer = try client.send("GET", "/request", [("QUERY_STRING", "\(number)")])
                #expect(answer.text == "GET \(number) ")
            }
        }
    }

    @Test func `a connection that is not to be kept is closed after the answer`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            #expect(try client.send(keep: false).text == "hello")
            #expect(try client.waitForClose())
        }
    }

    @Test func `what is not FastCGI closes the connection and nothing else`() throws {
        try withServer(workers: 1) { server in
            let client = try Client(path: server.path)
            try client.write(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(try client.waitForClose())
            #expect(try Client(path: server.path).send().text == "hello")
        }
    }

    @Test func `a peer that leaves before its answer harms nobody`() throws {
        try withServer(workers: 1) { server in
            for _ in 0..<20 {
                try Client(path: server.path).write(Client.request("GET", "/big"))
            }
            #expect(try Client(path: server.path).send().text == "hello")
        }
    }

    @Test func `requests run at the same time, one on each thread`() throws {
        let gate = Gate()
        let server = try TestServer(workers: 2) { request in
            // Neither would end if the second had to wait for the first.
            if request.path == "/first" { gate.wait() } else { gate.open() }
            return Response(status: .ok)
        }
        defer { server.stop() }
        let first = try Client(path: server.path)
        try first.write(Client.request("GET", "/first"))
        #expect(try Client(path: server.path).send("GET", "/second").status == "Status: 200 OK")
        #expect(try first.answer().status == "Status: 200 OK")
    }

    // MARK: Bodies

    @Test(arguments: [1, 8191, 8192, 8193, 1_000_000])
    func `a body comes whole`(size: Int) throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 3) }
        try withServer { server in
            let answer = try Client(path: server.path).send("POST", "/echo", body: body)
            #expect(answer.body == body)
        }
    }

    @Test func `a body beyond the limit is refused, and the connection goes on`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            let body = [UInt8](repeating: 65, count: 1_000_001)
            #expect(
                try client.send("POST", "/echo", body: body).status
                    == "Status: 413 Content Too Large")
            #expect(try client.send("POST", "/echo", body: [66]).body == [66])
        }
    }

    @Test func `a body that the handler does not read is not the next request`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            for size in [10, 60_000, 300_000] {
                let body = [UInt8](repeating: 65, count: size)
                #expect(try client.send("POST", "/", body: body).text == "hello")
            }
            #expect(try client.send("POST", "/echo", body: [66]).body == [66])
        }
    }

    @Test func `no body is an empty body`() throws {
        try withServer { server in
            let answer = try Client(path: server.path).send("POST", "/echo")
            #expect(answer.body == [])
        }
    }

    @Test func `a body can be read again`() throws {
        let server = try TestServer { request in
            let first = try? request.source.body(upTo: 10)
            let second = try? request.source.body(upTo: 10)
            return Response(status: first == second ? .ok : .badRequest, body: second ?? [])
        }
        defer { server.stop() }
        let answer = try Client(path: server.path).send("POST", "/", body: [1, 2, 3])
        #expect(answer.status == "Status: 200 OK")
        #expect(answer.body == [1, 2, 3])
    }

    @Test func `a body that breaks off is an error to the handler`() throws {
        let gate = Gate()
        let error = Mutex<(any Error)?>(nil)
        let server = try TestServer(workers: 1) { request in
            do {
                _ = try request.source.body(upTo: 1000)
            } catch let thrown {
                error.withLock { $0 = thrown }
            }
            gate.open()
            return Response(status: .ok)
        }
        defer { server.stop() }
        try Client(path: server.path).write(
            Client.begin()
                + Client.parameters([
                    ("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "100"),
                ]) + Client.record(5, [1, 2, 3]))
        gate.wait()
        #expect(error.withLock { $0 is BodyIncomplete })
    }

    // MARK: Parameters

    @Test func `parameters are found by their whole name and counted`() throws {
        let server = try TestServer { request in
            let source = request.source
            let values = [
                source.parameter("HTTP_COOKIE"), source.parameter("HTTP_COOK"),
                source.parameter("HTTP_EMPTY"), source.parameter("HTTP_NONE"),
            ].map { $0 ?? "nil" }
            let counts = [
                source.count(of: "HTTP_COOKIE"), source.count(of: "HTTP_EMPTY"),
                source.count(of: "HTTP_NONE"),
            ]
            return Response(status: .ok, body: Array("\(values) \(counts)".utf8))
        }
        defer { server.stop() }
        let long = String(repeating: "x", count: 300)
        let answer = try Client(path: server.path).send(
            "GET", "/",
            [
                ("HTTP_COOKIE_X", "0"), ("HTTP_COOKIE", long), ("HTTP_COOKIE", "b=c"),
                ("HTTP_EMPTY", ""),
            ])
        #expect(answer.text == #"["\#(long)", "nil", "", "nil"] [2, 1, 0]"#)
    }

    @Test func `the request carries method, path, query and id`() throws {
        try withServer { server in
            let answer = try Client(path: server.path).send(
                "DELETE", "/request", [("QUERY_STRING", "a=b%20c"), ("REQUEST_ID", "f00")])
            #expect(answer.text == "DELETE a=b%20c f00")
        }
    }

    @Test func `without DOCUMENT_URI the path is SCRIPT_NAME`() throws {
        let server = try TestServer { request in
            Response(status: .ok, body: Array(request.path.utf8))
        }
        defer { server.stop() }
        let client = try Client(path: server.path)
        try client.write(
            Client.begin()
                + Client.parameters([("REQUEST_METHOD", "GET"), ("SCRIPT_NAME", "/script")])
                + Client.stream(5, []))
        #expect(try client.answer().text == "/script")
    }

    @Test func `bytes that are not UTF-8 are repaired`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            let good = Client.parameters([
                ("REQUEST_METHOD", "GET"), ("DOCUMENT_URI", "/request"), ("QUERY_STRING", "??"),
            ])
            let bad = good.map { $0 == UInt8(ascii: "?") ? 0xff : $0 }
            try client.write(Client.begin() + bad + Client.stream(5, []))
            #expect(try client.answer().text == "GET \u{fffd}\u{fffd} ")
        }
    }

    @Test(arguments: ["", "G T"])
    func `a request without a method is refused`(method: String) throws {
        try withServer { server in
            let answer = try Client(path: server.path).send(method)
            #expect(answer.status == "Status: 400 Bad Request")
        }
    }

    @Test func `after its request a source answers nothing`() throws {
        // What a responder keeps stays on its thread, so there is one thread.
        let server = try TestServer(workers: 1) {
            var last: (any RequestSource)?
            return { request in
                let answer = last?.parameter("REQUEST_METHOD") ?? "nothing"
                let count = last?.count(of: "REQUEST_METHOD") ?? 0
                last = request.source
                return Response(status: .ok, body: Array("\(answer) \(count)".utf8))
            }
        }
        defer { server.stop() }
        let client = try Client(path: server.path)
        #expect(try client.send().text == "nothing 0")
        #expect(try client.send().text == "nothing 0")
    }

    // MARK: Answers

    @Test func `an answer has its length and its type`() throws {
        try withServer { server in
            let answer = try Client(path: server.path).send()
            #expect(
                answer.header == [
                    "Status: 200 OK", "Content-Type: text/plain", "Content-Length: 5",
                ])
            #expect(answer.text == "hello")
        }
    }

    @Test func `a large answer comes whole`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            for _ in 0..<3 {
                let answer = try client.send("GET", "/big")
                #expect(answer.header.last == "Content-Length: 100000")
                #expect(answer.body == (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
            }
        }
    }

    @Test func `HEAD has the length of the body and no body`() throws {
        try withServer { server in
            let answer = try Client(path: server.path).send("HEAD", "/big")
            #expect(answer.header.last == "Content-Length: 100000")
            #expect(answer.body == [])
        }
    }

    @Test func `204 and 304 have neither body nor length`() throws {
        try withServer { server in
            let client = try Client(path: server.path)
            #expect(
                try client.send("GET", "/none")
                    == Client.Answer(header: ["Status: 204 No Content"], body: []))
            #expect(
                try client.send("GET", "/same")
                    == Client.Answer(header: ["Status: 304 Not Modified", "ETag: \"1\""], body: []))
        }
    }

    @Test func `a field's value cannot add a field`() throws {
        try withServer { server in
            let answer = try Client(path: server.path).send("GET", "/split")
            #expect(
                answer.header
                    == ["Status: 200 OK", "Location: /a  Set-Cookie: b  c", "Content-Length: 0"])
        }
    }

    // MARK: Stop

    @Test func `a stop lets the request in flight finish and closes idle connections`() throws {
        let begun = Gate()
        let goOn = Gate()
        let server = try TestServer(
            workers: 2,
            respond: { request in
                if request.path == "/slow" {
                    begun.open()
                    goOn.wait()
                }
                return Response(status: .ok)
            })
        let idle = try Client(path: server.path)
        let busy = try Client(path: server.path)
        let other = try Client(path: server.path)
        #expect(try idle.send().status == "Status: 200 OK")
        #expect(try other.send().status == "Status: 200 OK")
        try busy.write(Client.request("GET", "/slow"))
        begun.wait()

        server.beginStop()
        // The other connection is served as long as one is in flight, and closed after an answer.
        #expect(throws: (any Error).self) {
            while try other.send().status == "Status: 200 OK" {}
        }
        #expect(throws: SystemError.self) { try Client(path: server.path) }
        goOn.open()
        #expect(try busy.answer().status == "Status: 200 OK")
        #expect(try busy.drain())
        #expect(try idle.waitForClose())
        server.waitForEnd()
    }

    @Test func `after a stop a record behind each answer keeps nginx off its connection`() throws {
        let server = try TestServer(limits: Server.Limits(), respond: site)
        let clients = try (0..<3).map { _ in try Client(path: server.path) }
        for client in clients { #expect(try client.send().text == "hello") }
        server.beginStop()
        CurrentThread.sleep(for: .milliseconds(50))
        let unknown: [UInt8] = [1, 11, 0, 0, 0, 8, 0, 0] + [UInt8](repeating: 0, count: 8)
        #expect(try clients[0].send().text == "hello")
        #expect(try clients[0].rest() == unknown)
        #expect(try clients[1].send("GET", "/big").body.count == 100_000)
        #expect(try clients[1].rest() == unknown)
        #expect(try clients[2].send("POST", "/echo", body: [7]).body == [7])
        #expect(try clients[2].rest() == unknown)
        server.waitForEnd()
    }

    @Test func `a stop leaves idle connections to nginx, and takes others as long`() throws {
        let server = try TestServer(limits: Server.Limits(), respond: site)
        var idle: Client? = try Client(path: server.path)
        #expect(try idle?.send().text == "hello")
        let start = ContinuousClock.now
        server.beginStop()
        for _ in 0..<20 {
            CurrentThread.sleep(for: .milliseconds(5))
            #expect(try Client(path: server.path).send().text == "hello")
        }
        idle = nil
        server.waitForEnd()
        #expect(ContinuousClock.now - start < Server.Limits().idle)
        #expect(throws: SystemError.self) { try Client(path: server.path) }
    }

    @Test func `an idle connection that nobody closes ends with the stop`() throws {
        let server = try TestServer(
            limits: Server.Limits(idle: .milliseconds(200)), respond: site)
        let idle = try Client(path: server.path)
        #expect(try idle.send().text == "hello")
        server.stop()
        #expect(try idle.waitForClose())
    }

    @Test func `a stop does not wait for ever for a request`() throws {
        let begun = Gate()
        let goOn = Gate()
        let limits = Server.Limits(idle: .zero, patience: .milliseconds(100))
        let server = try TestServer(
            workers: 1, limits: limits,
            respond: { _ in
                begun.open()
                goOn.wait()
                return Response(status: .ok)
            })
        let client = try Client(path: server.path)
        try client.write(Client.request())
        begun.wait()
        server.stop()
        goOn.open()
        #expect(try client.answer().status == "Status: 200 OK")
    }
}
