import Glibc
import Synchronization
import System

/// A user's own server on a loopback port: keeps what it gets, and answers as a closure says.
final class HookServer: Sendable {
    struct Hook: Sendable, Equatable {
        /// By lower-case name.
        let headers: [String: String]
        let body: [UInt8]

        var id: String { headers["webhook-id"] ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let listener: CInt
    let port: UInt16
    private let log = Log()

    /// Lives as long as the thread that serves, which must not keep the server itself alive.
    private final class Log: Sendable {
        let hooks = Mutex<[Hook]>([])
        let connections = Mutex(0)
    }

    var origin: String { "http://127.0.0.1:\(port)" }
    var hooks: [Hook] { log.hooks.withLock { $0 } }
    /// How often somebody connected, whether or not anything was sent.
    var connections: Int { log.connections.withLock { $0 } }

    /// - Parameter answer: gets the number of the request, from 0, and gives the status line's end
    ///   and further fields: `200 OK\r\n`.
    init(_ answer: @escaping @Sendable (Int) -> String = { _ in "204 No Content\r\n" }) throws {
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
        guard isListening else { throw SystemError("listen") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        let log = log
        _ = try WorkerThread.start(name: "hooks") {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                log.connections.withLock { $0 += 1 }
                if let hook = Self.read(connection) {
                    let number = log.hooks.withLock { hooks in
                        hooks.append(hook)
                        return hooks.count - 1
                    }
                    Self.write(
                        "HTTP/1.1 \(answer(number))Content-Length: 0\r\nConnection: close\r\n\r\n",
                        connection)
                }
                close(connection)
            }
            close(listener)
        }
    }

    // Wakes `accept`, whose thread then closes the socket.
    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    private static func read(_ connection: CInt) -> Hook? {
        var bytes: [UInt8] = []
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe Glibc.read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let headers = text[..<end.lowerBound].split(separator: "\r\n").dropFirst().map { line in
                let parts = line.split(separator: ": ", maxSplits: 1)
                return (parts[0].lowercased(), parts.count > 1 ? String(parts[1]) : "")
            }
            let fields = Dictionary(headers) { first, _ in first }
            let start = text[..<end.upperBound].utf8.count
            if bytes.count - start == Int(fields["content-length"] ?? "") {
                return Hook(headers: fields, body: Array(bytes[start...]))
            }
        }
    }

    private static func write(_ text: String, _ connection: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe send(connection, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
