import Glibc
package import MariaDB
import Synchronization
import System

/// A unix socket in front of the server's that cuts connections where it is told to.
///
/// It understands nothing of the protocol: it looks for a text in what the client sends. The text
/// of a prepared statement is sent only when it is prepared.
package final class CuttingProxy: Sendable {
    /// What becomes of the piece that holds the text, before both sides are closed.
    package enum Cut: CaseIterable, Sendable {
        /// It never reaches the server: the statement did not happen.
        case beforeForwarding
        /// It is sent on, and nobody waits: the statement may happen.
        case afterForwarding
        /// The server's answer is awaited and dropped: the statement did happen.
        case afterAnswer
    }

    private let folder: String
    private let server: String
    private let listener: Int32
    /// The cut that is armed, and how many of them are still to come.
    private let plan = Mutex<(cut: Cut, text: String, count: Int)?>(nil)
    private let made = Atomic<Int>(0)

    /// Listens in front of the server that the configuration names by its socket.
    package init(before configuration: DatabaseConfiguration) throws {
        guard let server = configuration.socket else {
            throw TestServerError("the proxy needs a server with a unix socket")
        }
        self.server = server
        var template = Array("/tmp/rushes-proxy-XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe mkdtemp(buffer.baseAddress!) != nil
        }
        guard isMade else { throw SystemError("mkdtemp") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        guard listener >= 0 else { throw SystemError("socket") }
        let bound = try unsafe withAddress("\(folder)/socket") { unsafe bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else { throw SystemError("bind") }
        _ = try WorkerThread.start(name: "proxy") { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { break }
                self.serve(client)
            }
            close(listener)
        }
    }

    deinit {
        // Wakes `accept`, whose thread then closes it.
        shutdown(listener, Int32(SHUT_RDWR))
        unsafe unlink("\(folder)/socket")
        unsafe rmdir(folder)
    }

    /// The same account and database, through the proxy.
    package func configuration(_ direct: DatabaseConfiguration) -> DatabaseConfiguration {
        var configuration = direct
        configuration.socket = "\(folder)/socket"
        return configuration
    }

    /// Cuts the next `count` times that a client sends something that holds `text`, with no letter
    /// after it (so that READ-COMMITTED is no COMMIT).
    package func arm(_ cut: Cut, at text: String, count: Int = 1) {
        plan.withLock { $0 = (cut, text, count) }
    }

    /// How many connections were cut.
    package var cutCount: Int { made.load(ordering: .relaxed) }

    private func cut(_ bytes: ArraySlice<UInt8>) -> Cut? {
        plan.withLock { plan in
            guard let armed = plan, armed.count > 0 else { return nil }
            let sent = String(decoding: bytes, as: UTF8.self)
            let found = sent.ranges(of: armed.text).contains { range in
                sent[range.upperBound...].first?.isLetter != true
            }
            guard found else { return nil }
            plan?.count -= 1
            made.add(1, ordering: .relaxed)
            return armed.cut
        }
    }

    /// Serves one connection on a thread of its own.
    private func serve(_ client: Int32) {
        let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = try? unsafe withAddress(server) { unsafe connect(upstream, $0, $1) }
        let thread = try? WorkerThread.start(name: "proxied") {
            if isConnected == 0 { self.pump(client, upstream) }
            close(client)
            close(upstream)
        }
        if thread == nil {
            close(client)
            close(upstream)
        }
    }

    private func pump(_ client: Int32, _ upstream: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var entries = [client, upstream].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        while unsafe poll(&entries, 2, -1) > 0 || errno == EINTR {
            if entries[0].revents != 0 {
                guard let bytes = receive(client, &buffer) else { return }
                let cut = cut(bytes)
                if cut == .beforeForwarding { return }
                guard send(bytes, to: upstream) else { return }
                if cut == .afterForwarding { return }
                if cut == .afterAnswer {
                    _ = receive(upstream, &buffer)
                    return
                }
            }
            if entries[1].revents != 0 {
                guard let bytes = receive(upstream, &buffer), send(bytes, to: client) else {
                    return
                }
            }
        }
    }

    /// What there is to read, or nil at the end.
    private func receive(_ socket: Int32, _ buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
        let count = unsafe read(socket, &buffer, buffer.count)
        return count > 0 ? buffer[..<count] : nil
    }

    private func send(_ bytes: ArraySlice<UInt8>, to socket: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Gives `body` the path as the address of a unix socket.
private func withAddress<T>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
) throws -> T {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
        throw TestServerError("\(path) is too long for a socket")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
