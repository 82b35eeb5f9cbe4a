import Glibc
import Synchronization
import System

/// A web server on a free loopback port with the vendor's files, one connection at a time.
final class FileServer: Sendable {
    enum Reply: Sendable {
        case file([UInt8])
        /// Says that it is `announced` bytes long, and hangs up after those it has.
        case cutOff([UInt8], announced: Int)
        case status(Int)
        case redirect(String)
    }

    private let listener: CInt
    private let port: UInt16
    private let log = Log()

    /// Lives as long as the thread that serves, which must not keep the server itself alive.
    private final class Log: Sendable {
        let replies = Mutex<[String: Reply]>([:])
        let requests = Mutex<[String]>([])
        let action = Mutex<(@Sendable () -> Void)?>(nil)
    }

    var origin: String { "http://127.0.0.1:\(port)" }
    /// The paths that were asked for, in order.
    var requests: [String] { log.requests.withLock { $0 } }

    init() throws {
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
        _ = try WorkerThread.start(name: "files") {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                Self.serve(connection, log)
                close(connection)
            }
            close(listener)
        }
    }

    // Wakes `accept`, whose thread then closes the socket.
    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    /// Puts `reply` at a path, and returns its address.
    func put(_ reply: Reply, at path: String = "/video.mp4") -> String {
        log.replies.withLock { $0[path] = reply }
        return origin + path
    }

    /// Runs `action` while a file is asked for.
    func during(_ action: @escaping @Sendable () -> Void) {
        log.action.withLock { $0 = action }
    }

    private static func serve(_ connection: CInt, _ log: Log) {
        var head: [UInt8] = []
        while !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            head += buffer[..<count]
        }
        let path = String(decoding: head, as: UTF8.self).split(separator: " ")[1]
        log.requests.withLock { $0.append(String(path)) }
        log.action.withLock { $0 }?()
        switch log.replies.withLock({ $0[String(path)] }) {
        case .file(let bytes): answer(connection, "200 OK", "", bytes, bytes.count)
        case .cutOff(let bytes, let announced):
            answer(connection, "200 OK", "", bytes, announced)
        case .status(let code): answer(connection, "\(code) No", "", [], 0)
        case .redirect(let url): answer(connection, "302 Found", "Location: \(url)\r\n", [], 0)
        case nil: answer(connection, "404 Not Found", "", [], 0)
        }
    }

    private static func answer(
        _ connection: CInt, _ status: String, _ fields: String, _ body: [UInt8], _ length: Int
    ) {
        let head = "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: close\r\n"
        var rest = (Array("\(head)\(fields)\r\n".utf8) + body)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe send(connection, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
