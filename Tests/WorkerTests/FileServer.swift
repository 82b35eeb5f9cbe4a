import LoopbackSupport
import Synchronization

/// A web server with the vendor's files.
final class FileServer: Sendable {
    enum Reply: Sendable {
        case file([UInt8])
        /// Says that it is `announced` bytes long, and hangs up after those it has.
        case cutOff([UInt8], announced: Int)
        case status(Int)
        case redirect(String)
    }

    private let server: LoopbackServer
    private let shelf: Shelf

    private final class Shelf: Sendable {
        let replies = Mutex<[String: Reply]>([:])
        let action = Mutex<(@Sendable () -> Void)?>(nil)

        func answer(_ request: LoopbackRequest) -> LoopbackServer.Reply {
            action.withLock { $0 }?()
            return switch replies.withLock({ $0[request.target] }) {
            case .file(let bytes): Self.answer("200 OK", bytes, bytes.count)
            case .cutOff(let bytes, let announced): Self.answer("200 OK", bytes, announced)
            case .status(let code): Self.answer("\(code) No", [], 0)
            case .redirect(let url): Self.answer("302 Found\r\nLocation: \(url)", [], 0)
            case nil: Self.answer("404 Not Found", [], 0)
            }
        }

        private static func answer(
            _ status: String, _ body: [UInt8], _ length: Int
        ) -> LoopbackServer.Reply {
            let head =
                "HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n"
            return .sendBytesAndClose(Array(head.utf8) + body)
        }
    }

    var origin: String { server.url }
    /// The paths that were asked for, in order.
    var requests: [String] { server.requests.map(\.target) }

    init() throws {
        let shelf = Shelf()
        self.shelf = shelf
        server = try LoopbackServer { _, request in shelf.answer(request) }
    }

    /// Puts `reply` at a path, and returns its address.
    func put(_ reply: Reply, at path: String = "/video.mp4") -> String {
        shelf.replies.withLock { $0[path] = reply }
        return origin + path
    }

    /// Runs `action` while a file is asked for.
    func during(_ action: @escaping @Sendable () -> Void) {
        shelf.action.withLock { $0 = action }
    }
}
