import Glibc
import Synchronization

/// A web server on a loopback port that answers each request as a closure says, so that a test can
/// also hang up, stay silent or send nonsense. One thread for each connection.
final class LocalServer: Sendable {
    /// What to do with one request.
    enum Reply: Sendable {
        /// Sends the text and waits for the next request on the same connection.
        case send(String)
        /// Sends the text and hangs up.
        case sendAndClose(String)
        /// Sends nothing and keeps the connection until the client leaves.
        case silence
    }

    let port: UInt16
    private let listener: CInt
    private let log: Log
    private final class Log: Sendable {
        let requests = Mutex<[String]>([])
        let connections = Mutex(0)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// Every request so far, head and body as they came.
    var requests: [String] { log.requests.withLock { $0 } }
    var connections: Int { log.connections.withLock { $0 } }

    /// - Parameter answer: gets the number of the request, from 0, and its text.
    init(_ answer: @escaping @Sendable (Int, String) -> Reply) throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw Failure(code: errno) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let log = Log()
        self.log = log
        startThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                log.connections.withLock { $0 += 1 }
                startThread { Self.serve(connection, log, answer) }
            }
            close(listener)
        }
    }

    struct Failure: Error { let code: CInt }

    // Wakes `accept`, whose thread then closes the socket.
    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    private static func serve(
        _ connection: CInt, _ log: Log, _ answer: (Int, String) -> Reply
    ) {
        defer { close(connection) }
        while let request = read(connection) {
            let number = log.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            switch answer(number, request) {
            case .send(let text): write(text, connection)
            case .sendAndClose(let text): return write(text, connection)
            case .silence: break
            }
        }
    }

    /// One request with its body, or the start of a TLS handshake; nil when the client has left.
    private static func read(_ connection: CInt) -> String? {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let length = text.lowercased().firstRange(of: "content-length: ").flatMap {
                    Int(text.lowercased()[$0.upperBound...].prefix { $0.isNumber })
                }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe Glibc.read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            if bytes[0] == 0x16 { return "TLS" }
        }
    }

    private static func write(_ text: String, _ connection: CInt) {
        var rest = Array(text.utf8)
        while !rest.isEmpty {
            let count = unsafe Glibc.send(connection, rest, rest.count, CInt(MSG_NOSIGNAL))
            guard count > 0 else { return }
            rest.removeFirst(count)
        }
    }
}

/// An answer with a body and its length.
func answer(_ status: String = "200 OK", _ body: String = "ok", fields: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    let code = unsafe pthread_create(
        &thread, nil,
        { box in
            if let box = unsafe box {
                unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
            }
            return nil
        }, box)
    precondition(code == 0, "no thread")
    pthread_detach(thread)
}
