import Glibc
import HTTP
import HTTPTypes
import Testing

@testable import FastCGI

struct ListenerTests {
    private func newSocket(_ domain: Int32 = AF_UNIX) -> Int32 {
        socket(domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    /// The error of listening at `path`, or nil when it goes well.
    private func error(at path: String) -> ServerError? {
        do throws(ServerError) {
            _ = try Listener(path: path, backlog: 5)
            return nil
        } catch {
            return error
        }
    }

    @Test func `only owner and group may connect`() throws {
        let path = TestServer.newPath()
        defer { unsafe unlink(path) }
        let listener = try Listener(path: path, backlog: 5)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        _ = consume listener
    }

    @Test func `a socket that a dead process left is replaced`() throws {
        let path = TestServer.newPath()
        defer { unsafe unlink(path) }
        #expect(error(at: path) == nil)
        #expect(unsafe access(path, F_OK) == 0)
        #expect(error(at: path) == nil)
    }

    @Test func `a socket that another process listens on is not replaced`() throws {
        let path = TestServer.newPath()
        defer { unsafe unlink(path) }
        let first = try Listener(path: path, backlog: 5)
        #expect(error(at: path) == .inUse(path: path))
        _ = try Client(path: path)
        _ = consume first
    }

    @Test func `a file that is not a socket is not replaced`() {
        #expect(error(at: "/etc/passwd") == .notASocket(path: "/etc/passwd"))
    }

    @Test func `a path is as long as the system takes it and no longer`() {
        let path = TestServer.newPath()
        let longest = path + String(repeating: "x", count: 107 - path.utf8.count)
        defer { unsafe unlink(longest) }
        #expect(error(at: longest) == nil)
        #expect(error(at: longest + "x") == .pathTooLong(longest + "x"))
    }

    @Test func `a folder that is not there is a system error`() {
        #expect(
            error(at: "/no/rushes.sock")?.description
                == "bind /no/rushes.sock: No such file or directory (2)")
    }

    @Test func `an inherited socket is served, and goes on listening after the stop`() throws {
        let path = TestServer.newPath()
        defer { unsafe unlink(path) }
        let parent = newSocket()
        defer { close(parent) }
        var address = try sockaddr_un(path: path)
        try #require(unsafe withSocketAddress(&address, { unsafe bind(parent, $0, $1) }) == 0)
        try #require(listen(parent, 5) == 0)

        for _ in 0..<2 {
            let server = try TestServer(listener: Listener(inheriting: dup(parent))) {
                { _ in Response(status: .ok, body: [1]) }
            }
            #expect(try Client(path: path).send().body == [1])
            server.stop()
            // Waits for the next process rather than being refused.
            _ = try Client(path: path)
        }
    }

    @Test func `only a listening Unix socket is inherited`() throws {
        let silent = newSocket()
        let network = newSocket(AF_INET)
        defer { close(silent) }
        defer { close(network) }
        try #require(listen(network, 5) == 0)
        for descriptor in [silent, network, STDIN_FILENO] {
            #expect(throws: ServerError.badInheritance) {
                _ = try Listener(inheriting: descriptor)
            }
        }
    }

    @Test func `a socket is announced to this process alone`() throws {
        let own = "\(getpid())"
        #expect(try Listener.isAnnounced(process: own, count: "1"))
        #expect(try !Listener.isAnnounced(process: "1", count: "1"))
        #expect(try !Listener.isAnnounced(process: nil, count: "1"))
        #expect(try !Listener.isAnnounced(process: own, count: nil))
        #expect(throws: ServerError.badInheritance) {
            try Listener.isAnnounced(process: own, count: "2")
        }
    }
}
