import CLinux
import Glibc
package import System

/// The server cannot listen, or cannot start.
package enum ServerError: Error, Equatable, CustomStringConvertible {
    /// Neither a path was given nor a listening socket inherited.
    case noSocket
    /// A Unix socket's path has at most 107 bytes, see `unix(7)`.
    case pathTooLong(String)
    /// Another process answers on this path.
    case inUse(path: String)
    /// Something that is not a socket lies at this path.
    case notASocket(path: String)
    /// `LISTEN_FDS` announces something other than one listening Unix stream socket.
    case badInheritance
    case system(SystemError)

    package var description: String {
        switch self {
        case .noSocket: "no socket path is set and no listening socket was inherited"
        case .pathTooLong(let path): "the socket path is longer than 107 bytes: \(path)"
        case .inUse(let path): "another process listens on \(path)"
        case .notASocket(let path): "\(path) exists and is not a socket"
        case .badInheritance: "LISTEN_FDS must announce one listening Unix stream socket"
        case .system(let error): "\(error)"
        }
    }
}

/// A listening Unix socket, non-blocking.
///
/// FastCGI knows no authentication: who reaches the socket can pretend any user and any address.
/// So only Unix sockets are taken, and ours lets only its owner and its group in.
struct Listener: ~Copyable {
    let descriptor: Int32
    /// Whether a parent holds the socket too, and goes on listening when we do not.
    let isInherited: Bool

    deinit {
        close(descriptor)
    }

    /// Takes over the socket that a parent has opened; leaves its mode and its backlog alone.
    init(inheriting descriptor: Int32) throws(ServerError) {
        func option(_ name: Int32) -> Int32? {
            var value: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            let code = unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length)
            return code == 0 ? value : nil
        }
        guard option(SO_DOMAIN) == AF_UNIX, option(SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN) == 1
        else { throw .badInheritance }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .system(SystemError("fcntl")) }
        self.descriptor = descriptor
        self.isInherited = true
    }

    /// Binds `path` with mode 0660 and listens. A socket that a dead process left there is replaced.
    init(path: String, backlog: Int) throws(ServerError) {
        var address = try sockaddr_un(path: path)
        try Self.removeStaleSocket(at: path, address)

        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(SystemError("socket")) }
        // Nobody can connect before listen(), so there is no moment with another mode.
        guard unsafe withSocketAddress(&address, { unsafe bind(descriptor, $0, $1) }) == 0,
            unsafe chmod(path, 0o660) == 0, listen(descriptor, Int32(clamping: backlog)) == 0
        else {
            let error = SystemError("bind", path: path)
            close(descriptor)
            throw .system(error)
        }
        self.descriptor = descriptor
        self.isInherited = false
    }

    /// The socket that a parent hands over as `sd_listen_fds(3)` says, or nil when there is none.
    ///
    /// The variables are taken away, so that no program we start believes them.
    static func inherited() throws(ServerError) -> Listener? {
        let process = environment("LISTEN_PID")
        let count = environment("LISTEN_FDS")
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            unsafe unsetenv(name)
        }
        guard try isAnnounced(process: process, count: count) else { return nil }
        return try Listener(inheriting: 3)
    }

    /// Whether the values of `LISTEN_PID` and `LISTEN_FDS` announce one socket to this process.
    static func isAnnounced(process: String?, count: String?) throws(ServerError) -> Bool {
        guard let process, let count, process == "\(getpid())" else { return false }
        guard count == "1" else { throw .badInheritance }
        return true
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    private static func removeStaleSocket(
        at path: String, _ address: sockaddr_un
    ) throws(ServerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .system(SystemError("lstat", path: path))
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }

        var address = address
        let probe = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0
        )
        guard probe >= 0 else { throw .system(SystemError("socket")) }
        defer { close(probe) }
        // A full backlog (EAGAIN) has a listener too.
        let code = unsafe withSocketAddress(&address, { unsafe connect(probe, $0, $1) })
        guard code != 0, errno == ECONNREFUSED else { throw .inUse(path: path) }
        guard unsafe unlink(path) == 0 else { throw .system(SystemError("unlink", path: path)) }
    }
}

extension sockaddr_un {
    init(path: String) throws(ServerError) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let fits = unsafe withUnsafeMutableBytes(of: &sun_path) { room in
            // The last byte stays zero.
            guard path.utf8.count < room.count else { return false }
            unsafe room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw .pathTooLong(path) }
    }
}

/// Calls `body` with the address as the socket calls want it.
func withSocketAddress<Result>(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
