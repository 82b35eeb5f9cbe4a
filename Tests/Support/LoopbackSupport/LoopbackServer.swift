import Glibc
import Synchronization
package import System

/// A web server on a free port of the loopback address, which answers each request as a closure
/// says, so that a test can also hang up, stay silent or send nonsense.
///
/// Each connection has a thread of its own. The server ends with its last reference.
package final class LoopbackServer: Sendable {
    /// What to do with one request.
    package enum Reply: Sendable {
        /// Sends the text and waits for the next request on the same connection.
        case send(String)
        /// Sends the text and hangs up.
        case sendAndClose(String)
        /// Sends the bytes and hangs up.
        case sendBytesAndClose([UInt8])
        /// Sends nothing and keeps the connection until the client leaves.
        case silence
    }

    package let port: UInt16
    private let listener: CInt
    private let log = Log()

    /// Lives as long as the threads that serve, which must not keep the server itself alive.
    private final class Log: Sendable {
        let requests = Mutex<[LoopbackRequest]>([])
        let connections = Mutex(0)
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// Every request so far.
    package var requests: [LoopbackRequest] { log.requests.withLock { $0 } }
    /// How often somebody connected, whether or not anything was sent.
    package var connections: Int { log.connections.withLock { $0 } }

    /// - Parameter answer: gets the number of the request, from 0, and the request.
    package init(
        _ answer: @escaping @Sendable (Int, LoopbackRequest) -> Reply
    ) throws(SystemError) {
        let (listener, port) = try Self.listen()
        self.listener = listener
        self.port = port
        _ = try WorkerThread.start(name: "loopback") { [log] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                log.connections.withLock { $0 += 1 }
                let thread = try? WorkerThread.start(name: "loopback peer") {
                    Self.serve(connection, log, answer)
                }
                precondition(thread != nil, "no thread")
            }
            close(listener)
        }
    }

    // Wakes `accept`, whose thread then closes the socket.
    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    private static func listen() throws(SystemError) -> (descriptor: CInt, port: UInt16) {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw SystemError("listen") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private static func serve(
        _ connection: CInt, _ log: Log, _ answer: (Int, LoopbackRequest) -> Reply
    ) {
        defer { close(connection) }
        while let request = read(connection) {
            let number = log.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            switch answer(number, request) {
            case .send(let text): write(Array(text.utf8), connection)
            case .sendAndClose(let text): return write(Array(text.utf8), connection)
            case .sendBytesAndClose(let bytes): return write(bytes, connection)
            case .silence: break
            }
        }
    }

    /// One request with its body, or the start of a TLS handshake; nil when the client has left.
    private static func read(_ connection: CInt) -> LoopbackRequest? {
        var bytes: [UInt8] = []
        while true {
            if let request = LoopbackRequest(bytes) { return request }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe Glibc.read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func write(_ bytes: [UInt8], _ connection: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(connection, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
