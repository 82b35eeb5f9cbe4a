import Glibc
import HTTP
import HTTPTypes
import RandomSupport
import System
import Testing

@testable import FastCGI

private typealias Bytes = [UInt8]

/// A record as no client of ours sends it: any version, number, length and padding.
private func record(
    _ type: UInt8, _ content: Bytes, version: UInt8 = 1, id: UInt16 = 1, length: Int? = nil,
    padding: UInt8 = 0
) -> Bytes {
    let length = length ?? content.count
    return [
        version, type, UInt8(id >> 8), UInt8(id & 255), UInt8(length >> 8 & 255),
        UInt8(length & 255), padding, 0,
    ] + content
}

private func pair(_ name: String, _ value: String) -> Bytes {
    [UInt8(name.utf8.count), UInt8(value.utf8.count)] + name.utf8 + value.utf8
}

private let begin = Client.begin()
private let parameters = Client.parameters([
    ("REQUEST_METHOD", "POST"), ("DOCUMENT_URI", "/echo"), ("CONTENT_LENGTH", "5"),
])
private let body = Client.stream(5, Array("hello".utf8))
/// Asks for the variables of the application. nginx never does.
private let values = pair("FCGI_MAX_CONNS", "")

/// What the server has to close the connection for, each without an answer that looks good.
private let brokenHeads: [(name: String, bytes: Bytes)] = [
    ("another version", record(1, [0, 1, 1, 0, 0, 0, 0, 0], version: 2) + parameters + body),
    ("a short begin", record(1, [0, 1, 1]) + parameters + body),
    ("a long begin", record(1, [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]) + parameters + body),
    ("number 0", record(1, [0, 1, 1, 0, 0, 0, 0, 0], id: 0) + parameters + body),
    ("another role", record(1, [0, 2, 1, 0, 0, 0, 0, 0]) + parameters + body),
    ("no role", record(1, [0, 9, 1, 0, 0, 0, 0, 0]) + parameters + body),
    ("a second begin", begin + begin + parameters + body),
    ("no begin", parameters + body),
    ("a body first", begin + body + parameters),
    ("parameters of another request", begin + record(4, pair("A", "b"), id: 2) + parameters + body),
    ("an empty record of another request", begin + record(4, [], id: 2) + parameters + body),
    ("an abort", begin + record(2, []) + parameters + body),
    ("a record of no type", begin + record(0, []) + parameters + body),
    ("an unknown type", begin + record(99, [1, 2, 3]) + parameters + body),
    ("data", begin + record(8, [1, 2, 3]) + parameters + body),
    ("an answer", begin + record(6, [1, 2, 3]) + parameters + body),
    // These ended the process, or let its thread turn for ever.
    ("a question", record(9, values, id: 0) + begin + parameters + body),
    ("a question in between", begin + record(9, values, id: 0) + parameters + body),
    ("a question that breaks off", begin + record(9, Array(values.prefix(9)), id: 0)),
    ("a question with a broken length", record(9, [0x80, 0, 0], id: 0) + begin + parameters),
    ("a question cut by its record", begin + record(9, [5, 5, 0x46], id: 0) + parameters + body),
    (
        "many questions in one",
        record(9, Bytes((0..<200).flatMap { _ in values }), id: 0) + begin + parameters + body
    ),
    ("an unknown message", begin + record(200, [1, 2, 3], id: 0) + parameters + body),
    // Names and values.
    ("a name beyond the end", begin + record(4, [200, 200]) + record(4, []) + body),
    ("a length that breaks off", begin + record(4, [0x80, 0]) + record(4, []) + body),
    ("a huge name", begin + record(4, [0xFF, 0xFF, 0xFF, 0xFF, 0, 65]) + record(4, []) + body),
    (
        "two huge lengths",
        begin + record(4, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 65]) + record(4, [])
            + body
    ),
    ("a name of nothing", begin + record(4, pair("", "b")) + record(4, []) + body),
    ("a name with NUL", begin + record(4, pair("A\0B", "c")) + parameters + body),
    ("a value with NUL", begin + record(4, pair("A", "b\0c")) + parameters + body),
    (
        "a head without end",
        begin + Bytes((0..<5).flatMap { _ in record(4, Bytes(repeating: 1, count: 60_000)) })
    ),
]

@Suite(.timeLimit(.minutes(5))) struct BrokenStreamTests {
    private func echo() throws -> TestServer {
        try TestServer(workers: 2, limits: .impatient) { request in
            guard let body = try? request.source.body(upTo: 100_000) else {
                return Response(status: .badRequest)
            }
            return Response(status: .ok, body: body)
        }
    }

    private func expectAlive(_ server: TestServer, _ what: String) throws {
        let answer = try Client(path: server.path).send("POST", "/echo", body: [1, 2, 3])
        #expect(answer.body == [1, 2, 3], "\(what)")
    }

    @Test(arguments: brokenHeads.indices)
    func `a broken head costs its connection and nothing else`(index: Int) throws {
        let server = try echo()
        defer { server.stop() }
        for _ in 0..<3 {
            let client = try Client(path: server.path)
            // The server may close the connection before everything is sent.
            try? client.write(brokenHeads[index].bytes)
            #expect(try client.waitForClose(), "\(brokenHeads[index].name)")
            try expectAlive(server, brokenHeads[index].name)
        }
    }

    @Test(
        arguments: [
            record(4, [], id: 1), record(5, [1, 2], id: 2) + record(5, []),
            record(9, values, id: 0),
            record(5, [1], version: 3), begin + parameters, record(2, []),
            record(5, [1, 2], length: 9),
        ] as [[UInt8]])
    func `a broken body is no body, and its connection is closed`(bytes: [UInt8]) throws {
        let server = try echo()
        defer { server.stop() }
        let client = try Client(path: server.path)
        try client.write(begin + parameters + record(5, [1, 2]) + bytes)
        #expect(try client.answer().status == "Status: 400 Bad Request")
        #expect(try client.waitForClose())
        try expectAlive(server, "\(bytes)")
    }

    @Test func `what follows a request without waiting closes the connection`() throws {
        let server = try echo()
        defer { server.stop() }
        let client = try Client(path: server.path)
        try client.write(begin + parameters + body + begin + parameters + body)
        #expect(try client.answer().text == "hello")
        #expect(try client.waitForClose())
        try expectAlive(server, "pipelining")
    }

    @Test func `a peer that trickles is given up in time`() throws {
        let server = try TestServer(workers: 1, limits: .impatient) { _ in Response(status: .ok) }
        defer { server.stop() }
        let trickle = record(4, Bytes(repeating: 1, count: 60_000))
        let begun = Gate()
        let thread = try WorkerThread.start(name: "trickle") { [path = server.path] in
            guard let slow = try? Client(path: path), (try? slow.write(Client.begin())) != nil
            else { return }
            begun.open()
            for byte in trickle {
                guard (try? slow.write([byte])) != nil else { return }
                usleep(2000)
            }
        }
        begun.wait()
        #expect(try Client(path: server.path).send().status == "Status: 200 OK")
        thread.join()
    }

    /// Changes a good stream in one to four places, in the headers more often than elsewhere.
    private func mutated(_ random: inout SplitMix64) -> Bytes {
        let extra = [
            record(9, values, id: 0), record(9, Bytes(values.prefix(5)), id: 0), record(2, []),
            record(1, [0, 1, 1, 0, 0, 0, 0, 0], id: 2), record(4, [], id: 3),
            record(77, [1], id: 0),
            record(5, []), record(4, [0x80]), record(8, Bytes(repeating: 7, count: 70)), [1],
            [0, 0],
        ]
        // The pieces of the stream, so that records can be left out, repeated and put elsewhere.
        var pieces = [begin, parameters, body]
        if Bool.random(using: &random) { pieces += [begin, parameters, body] }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let piece = Int.random(in: 0..<pieces.count, using: &random)
            let place = Int.random(in: 0...pieces[piece].count, using: &random)
            let end = min(pieces[piece].count, place + Int.random(in: 0...9, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: pieces[piece].removeSubrange(place..<end)
            case 1: pieces[piece].insert(contentsOf: pieces[piece][place..<end], at: place)
            case 2: pieces.insert(extra.randomElement(using: &random) ?? [], at: piece)
            case 3: pieces.insert(pieces[piece], at: piece)
            case 4: pieces.swapAt(0, piece)
            case 5 where !pieces[piece].isEmpty:
                let field = Int.random(in: 0..<min(8, pieces[piece].count), using: &random)
                pieces[piece][field] = UInt8.random(in: 0...255, using: &random)
            case 6:
                pieces[piece].insert(
                    contentsOf: extra.randomElement(using: &random) ?? [], at: place)
            default:
                guard place < pieces[piece].count else { continue }
                pieces[piece][place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        return pieces.flatMap { $0 }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `no stream ends the server or holds a thread`(seed: UInt64) throws {
        let server = try echo()
        defer { server.stop() }
        var random = SplitMix64(seed: seed)
        var closed = 0
        for number in 0..<150 {
            let bytes = mutated(&random)
            let client = try Client(path: server.path)
            try? client.write(bytes)
            // Some go away, others stay and say nothing more.
            if Bool.random(using: &random) { client.finishWriting() }
            if number % 10 == 0, try client.drain() { closed += 1 }
            try expectAlive(server, "seed \(seed), stream \(number): \(bytes)")
        }
        #expect(closed > 5)
    }
}
