import Glibc
import System

@testable import FastCGI

/// nginx's side of the protocol, as the FastCGI specification (version 1) has it.
final class Client {
    struct Answer: Equatable {
        /// The lines before the empty one.
        var header: [String]
        var body: [UInt8]

        var status: String? { header.first }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Closed: Error, Equatable {}

    private let descriptor: Int32

    /// Connects. Waits no longer than 20 s for anything the server should do.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &timeout, length)
        }
        var address = try sockaddr_un(path: path)
        guard unsafe withSocketAddress(&address, { unsafe connect(descriptor, $0, $1) }) == 0 else {
            throw SystemError("connect", path: path)
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends a request and reads its answer.
    func send(
        _ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = [],
        body: [UInt8] = [], keep: Bool = true
    ) throws -> Answer {
        try write(Self.request(method, path, more, body: body, keep: keep))
        return try answer()
    }

    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemError("send") }
            written += count
        }
    }

    /// Reads up to the end of the answer, or throws ``Closed``.
    func answer() throws -> Answer {
        var output: [UInt8] = []
        while true {
            let header = try read(8)
            let length = Int(header[4]) << 8 + Int(header[5])
            let content = try read(length + Int(header[6])).prefix(length)
            switch header[1] {
            case 6: output += content
            case 3: return Self.answer(in: output)
            default: throw SystemError("record", code: EPROTO)
            }
        }
    }

    /// Shows the server an end, as when nginx goes away.
    func finishWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Reads whatever comes until the server closes the connection, which it has to within 20 s.
    func drain() throws -> Bool {
        _ = try rest()
        return true
    }

    /// What comes until the server closes the connection, which it has to within 20 s.
    func rest() throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while true { bytes += try read(1) }
        } catch is Closed {
            return bytes
        }
    }

    /// Waits until the server closes the connection.
    func waitForClose() throws -> Bool {
        do {
            _ = try read(1)
            return false
        } catch is Closed {
            return true
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var part = [UInt8](repeating: 0, count: count - bytes.count)
            let got = unsafe recv(descriptor, &part, part.count, 0)
            // A peer that had not read everything shows as a reset.
            if got == 0 || (got < 0 && errno == ECONNRESET) { throw Closed() }
            guard got > 0 else { throw SystemError("recv") }
            bytes += part.prefix(got)
        }
        return bytes
    }

    private static func answer(in output: [UInt8]) -> Answer {
        let end = output.firstRange(of: Array("\r\n\r\n".utf8))
        let header = String(decoding: output[..<(end?.lowerBound ?? 0)], as: UTF8.self)
        return Answer(
            header: header.split(separator: "\r\n", omittingEmptySubsequences: false)
                .map(String.init),
            body: Array(output[(end?.upperBound ?? 0)...]))
    }

    // MARK: Records

    static func request(
        _ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = [],
        body: [UInt8] = [], keep: Bool = true
    ) -> [UInt8] {
        let length = body.isEmpty ? "" : "\(body.count)"
        var bytes = begin(keep: keep)
        bytes += parameters(
            [("REQUEST_METHOD", method), ("DOCUMENT_URI", path), ("CONTENT_LENGTH", length)] + more)
        return bytes + stream(5, body)
    }

    static func begin(keep: Bool = true) -> [UInt8] {
        record(1, [0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0])
    }

    static func parameters(_ parameters: [(String, String)]) -> [UInt8] {
        func length(_ count: Int) -> [UInt8] {
            let count = UInt32(count)
            guard count > 127 else { return [UInt8(count)] }
            return [
                UInt8(count >> 24) | 0x80, UInt8(count >> 16 & 255), UInt8(count >> 8 & 255),
                UInt8(count & 255),
            ]
        }
        let content = parameters.flatMap { name, value in
            length(name.utf8.count) + length(value.utf8.count) + name.utf8 + value.utf8
        }
        return stream(4, content)
    }

    /// The content in records of at most 32 kB, and the empty record that ends a stream.
    static func stream(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 32_768) {
            bytes += record(type, Array(content[start...].prefix(32_768)))
        }
        return bytes + record(type, [])
    }

    static func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count
        let padding = (8 - length % 8) % 8
        return [1, type, 0, 1, UInt8(length >> 8), UInt8(length & 255), UInt8(padding), 0]
            + content + [UInt8](repeating: 0, count: padding)
    }
}
