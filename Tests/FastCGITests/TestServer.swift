import Glibc
import HTTP
import Synchronization
import System

@testable import FastCGI

/// A server on a thread of this process, on a socket of its own.
final class TestServer: Sendable {
    let path: String
    private let thread: WorkerThread
    private let end = Gate()

    private static let count = Atomic(0)

    /// A path that no other test uses.
    static func newPath() -> String {
        let number = count.add(1, ordering: .relaxed).newValue
        return "/tmp/rushes-test-\(getpid())-\(number).sock"
    }

    init(
        workers: Int = 2, limits: Server.Limits = .quick,
        listener: consuming Listener? = nil,
        makeResponder: @escaping @Sendable () -> Responder
    ) throws {
        path = Self.newPath()
        let server = try Server(
            listener: listener ?? Listener(path: path, backlog: 511), workers: workers,
            limits: limits)
        thread = try WorkerThread.start(name: "server") { [end] in
            do {
                try server.run(makeResponder) { end.wait() }
            } catch {
                preconditionFailure("\(error)")
            }
        }
    }

    convenience init(
        workers: Int = 2, limits: Server.Limits = .quick,
        respond: @escaping @Sendable (Request) -> Response
    ) throws {
        try self.init(workers: workers, limits: limits) { respond }
    }

    deinit {
        unsafe unlink(path)
    }

    /// What a signal does.
    func beginStop() {
        end.open()
    }

    /// Returns when the server's `run` has.
    func waitForEnd() {
        thread.join()
    }

    func stop() {
        beginStop()
        waitForEnd()
    }
}

extension Server.Limits {
    /// Without the time that a stop grants to nginx.
    static let quick = Server.Limits(idle: .zero)

    /// Gives up on peers at once, for tests of just that.
    static let impatient = Server.Limits(transfer: .milliseconds(100), idle: .zero)
}

/// Something that threads wait for until it is opened, once and for all.
final class Gate: Sendable {
    private let reader: Int32
    private let writer: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(unsafe pipe(&ends) == 0, "a pipe can be made")
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    func open() {
        precondition(unsafe write(writer, "x", 1) == 1, "a pipe takes a byte")
    }

    /// Waits up to 20 s; the byte stays, so that all who wait go on.
    func wait() {
        var entry = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        precondition(unsafe poll(&entry, 1, 20_000) == 1, "the gate was never opened")
    }
}
