import Foundation
import HTTP
import HTTPTypes
import Synchronization
import System
import Testing

@testable import FastCGI

/// Bodies on their way through files: what they cost, and what is left of them.
@Suite(.timeLimit(.minutes(5))) struct StreamedBodyTests {
    private static let size = 10 << 20
    private static let part = [UInt8](repeating: 7, count: 32_000)

    /// Runs `body` with an empty folder, which it may leave full.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-bodies-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Sends the head of a request whose body is announced.
    private func announce(_ count: Int, to client: Client) throws {
        try client.write(
            Client.begin()
                + Client.parameters([
                    ("REQUEST_METHOD", "POST"), ("DOCUMENT_URI", "/"),
                    ("CONTENT_LENGTH", "\(count)"),
                ]))
    }

    /// Sends a body in records, so that the test has not all of it in memory either.
    private func upload(_ count: Int, to client: Client) throws {
        for start in stride(from: 0, to: count, by: Self.part.count) {
            try client.write(
                Client.record(5, Array(Self.part.prefix(min(Self.part.count, count - start)))))
        }
    }

    /// Answers with what a closure says of the body.
    private func server(
        _ limit: Request.BodyAllowance, limits: Server.Limits = .quick,
        _ look: @escaping @Sendable (Request.Body) throws -> String
    ) throws -> TestServer {
        try TestServer(workers: 1, limits: limits) { request in
            do {
                let text = try look(request.source.body(within: limit))
                return Response(status: .ok, contentType: "text/plain", body: Array(text.utf8))
            } catch is BodyTooLarge {
                return Response(status: .contentTooLarge)
            } catch {
                return Response(status: .badRequest)
            }
        }
    }

    @Test func `a long body goes to a file, whole, and the file with the request`() throws {
        try withFolder { folder in
            let server = try server(.file(Self.size, in: folder)) { body in
                guard case .file(let file, let sizeBytes) = body else { return "memory" }
                let open = try OpenFile(path: file.path)
                let ends =
                    try open.bytes(at: 0, count: 2) + open.bytes(at: open.sizeBytes - 2, count: 9)
                return "\(sizeBytes) \(open.sizeBytes) \(ends)"
            }
            defer { server.stop() }
            let client = try Client(path: server.path)
            for _ in 1...2 {
                try announce(Self.size, to: client)
                try upload(Self.size, to: client)
                try client.write(Client.record(5, []))
                #expect(try client.answer().text == "\(Self.size) \(Self.size) [7, 7, 7, 7]")
                #expect(try files(in: folder).isEmpty)
            }
        }
    }

    @Test func `a body of ten megabytes never lies in memory`() throws {
        try withFolder { folder in
            func cost(_ limit: Request.BodyAllowance) throws -> [Int] {
                let before = Mutex(0)
                let server = try server(limit) { body in
                    let cost = Memory.heapBytes - before.withLock { $0 }
                    return withExtendedLifetime(body) { "\(cost)" }
                }
                defer { server.stop() }
                return try (1...5).map { _ in
                    let client = try Client(path: server.path)
                    try announce(Self.size, to: client)
                    before.withLock { $0 = Memory.heapBytes }
                    try upload(Self.size, to: client)
                    try client.write(Client.record(5, []))
                    return try #require(Int(client.answer().text))
                }
            }
            // Other tests of this process take and give memory too: the best and the worst of five.
            let inFile = try cost(.file(Self.size, in: folder))
            #expect(try #require(inFile.min()) < 1 << 20)
            let inMemory = try cost(.memory(Self.size))
            #expect(try #require(inMemory.max()) >= Self.size)
        }
    }

    @Test func `a short body stays in memory`() throws {
        try withFolder { folder in
            let server = try server(.file(Self.size, in: folder, beyond: 100)) { body in
                guard case .bytes(let bytes) = body else { return "file" }
                return "\(bytes.count)"
            }
            defer { server.stop() }
            let client = try Client(path: server.path)
            for count in [0, 1, 100] {
                let body = [UInt8](repeating: 1, count: count)
                #expect(try client.send("POST", body: body).text == "\(count)")
            }
            #expect(
                try client.send("POST", body: [UInt8](repeating: 1, count: 101)).text == "file")
        }
    }

    @Test func `a body over the limit is refused before any of it has come`() throws {
        try withFolder { folder in
            let server = try server(.file(Self.size, in: folder), limits: .impatient) { _ in "taken"
            }
            defer { server.stop() }
            let client = try Client(path: server.path)
            try announce(Self.size + 1, to: client)
            // No byte of the body is ever sent.
            #expect(try client.answer().status == "Status: 413 Content Too Large")
            #expect(try files(in: folder).isEmpty)
        }
    }

    @Test func `a body that breaks off leaves no file`() throws {
        try withFolder { folder in
            let isTaken = Mutex(false)
            let server = try TestServer(workers: 1, limits: .impatient) { request in
                let body = try? request.source.body(within: .file(Self.size, in: folder))
                isTaken.withLock { $0 = body != nil }
                return Response(status: .badRequest)
            }
            defer { server.stop() }
            for isClosed in [true, false] {
                let client = try Client(path: server.path)
                try announce(Self.size, to: client)
                try upload(Self.size / 2, to: client)
                if isClosed { client.finishWriting() }
                #expect(try client.drain())
                #expect(try files(in: folder).isEmpty)
                #expect(!isTaken.withLock { $0 })
            }
        }
    }

    @Test func `a body that cannot be written down is no body`() throws {
        let server = try server(.file(Self.size, in: "/no/such/folder")) { _ in "taken" }
        defer { server.stop() }
        let client = try Client(path: server.path)
        try announce(Self.size, to: client)
        try upload(Self.size, to: client)
        try client.write(Client.record(5, []))
        #expect(try client.answer().status == "Status: 400 Bad Request")
        #expect(try client.send("POST", body: [1]).text == "taken")
    }

    @Test func `an answer comes from a file, with its length`() throws {
        try withFolder { folder in
            let path = "\(folder)/answer"
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try Data(bytes).write(to: URL(filePath: path))
            let server = try TestServer(workers: 1) { request in
                guard let file = try? OpenFile(path: path) else {
                    return Response(status: .internalServerError)
                }
                if request.path == "/cut" { _ = unsafe truncate(path, 100_000) }
                return Response(status: .ok, contentType: "video/mp4", file: file)
            }
            defer { server.stop() }
            let client = try Client(path: server.path)
            let answer = try client.send()
            #expect(answer.header.contains("Content-Length: 300000"))
            #expect(answer.body == bytes)
            let head = try client.send("HEAD")
            #expect(head.header.contains("Content-Length: 300000"))
            #expect(head.body.isEmpty)
            // Nobody takes a part for the whole.
            #expect(throws: Client.Closed()) { try client.send("GET", "/cut") }
            #expect(
                try Client(path: server.path).send("HEAD").header.contains("Content-Length: 100000")
            )
        }
    }
}
