import LoopbackSupport

/// A user's own server: keeps what it gets, and answers as a closure says.
final class HookServer: Sendable {
    struct Hook: Sendable, Equatable {
        /// By lower-case name.
        let headers: [String: String]
        let body: [UInt8]

        var id: String { headers["webhook-id"] ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let server: LoopbackServer

    var port: UInt16 { server.port }
    var origin: String { server.url }
    var hooks: [Hook] { server.requests.map { Hook(headers: $0.headers, body: $0.body) } }
    /// How often somebody connected, whether or not anything was sent.
    var connections: Int { server.connections }

    /// - Parameter answer: gets the number of the request, from 0, and gives the status line's end
    ///   and further fields: `200 OK\r\n`.
    init(_ answer: @escaping @Sendable (Int) -> String = { _ in "204 No Content\r\n" }) throws {
        server = try LoopbackServer { number, _ in
            .sendAndClose(
                "HTTP/1.1 \(answer(number))Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }
}
