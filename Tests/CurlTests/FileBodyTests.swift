import Curl
import Foundation
import HTTP
import HTTPTypes
import LoopbackSupport
import System
import Testing

struct FileBodyTests {
    private let curl = Curl(CurlOptions(userAgent: "Rushes/1.2.3", timeout: .seconds(30)))

    /// Runs `body` with an empty folder.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-curl-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test(arguments: [HTTPRequest.Method.put, .post])
    func `a file is sent as a body, byte for byte`(method: HTTPRequest.Method) throws {
        try withFolder { folder in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try Data(bytes).write(to: URL(filePath: "\(folder)/file"))
            let server = try LoopbackServer { _, _ in .send(answer()) }
            var request = OutboundRequest(
                method: method, url: server.url, fields: [.contentType: "image/png"])
            request.file = try OpenFile(path: "\(folder)/file")
            #expect(try curl.send(request).status == .ok)
            let seen = try #require(server.requests.first)
            #expect(seen.text.hasPrefix("\(method) / HTTP/1.1\r\n"))
            #expect(seen.headers["content-length"] == "300000")
            #expect(seen.headers["content-type"] == "image/png")
            // Nobody waits to be told to go on.
            #expect(seen.headers["expect"] == nil)
            #expect(seen.body == bytes)
        }
    }

    @Test func `an empty file is an empty body`() throws {
        try withFolder { folder in
            try Data().write(to: URL(filePath: "\(folder)/file"))
            let server = try LoopbackServer { _, _ in .send(answer()) }
            var request = OutboundRequest(method: .put, url: server.url)
            request.file = try OpenFile(path: "\(folder)/file")
            #expect(try curl.send(request).status == .ok)
            #expect(server.requests.first?.headers["content-length"] == "0")
        }
    }

    @Test func `the body of a 200 is written to a file, and of no other answer`() throws {
        try withFolder { folder in
            let server = try LoopbackServer { number, _ in
                .send(answer(number == 0 ? "200 OK" : "404 Not Found", "of a file"))
            }
            let file = try TemporaryFile(in: folder)
            let request = OutboundRequest(method: .get, url: server.url)
            let found = try curl.send(request, answerTo: file, maxBytes: 9)
            #expect(found.body.isEmpty)
            #expect(found.fields[.contentLength] == "9")
            #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "of a file")
            #expect(try curl.send(request, answerTo: file, maxBytes: 9).status == .notFound)
            #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "of a file")
        }
    }

    @Test func `a longer body than the caller takes is given up`() throws {
        try withFolder { folder in
            let server = try LoopbackServer { _, _ in .send(answer("200 OK", "0123456789")) }
            let file = try TemporaryFile(in: folder)
            let error = failure { () throws(TransportError) in
                try curl.send(
                    OutboundRequest(method: .get, url: server.url), answerTo: file, maxBytes: 9)
            }
            #expect(error?.kind == .tooLarge)
        }
    }
}
