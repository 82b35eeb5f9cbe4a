// FastCGI: the server behind nginx, the only importer of libfcgi. It turns records into a `Request`
// and a `Response` into records, and knows no route.
// Threads block; an idle connection costs none (epoll).

import CFastCGI
import Glibc
package import HTTP
import Synchronization
package import System

/// A FastCGI responder: answers the requests that nginx sends over a Unix socket.
///
/// A fixed number of threads waits on one epoll set over the listening socket and all kept
/// connections, so that an idle connection costs no thread. A thread answers one request at a time.
/// Below it is libfcgi, which writes the answers. The records that come are read by
/// ``RecordReader``, since a broken one would end the process in libfcgi.
package final class Server: Sendable {
    struct Limits: Sendable {
        /// How long nginx, which sends and takes at once what it can, is waited for: to send all of
        /// a head, to send all of a body, to take what one write has.
        var transfer = Duration.seconds(10)
        /// How long a stop waits for nginx to close the connections that it keeps and does not use:
        /// twice the `keepalive_timeout` of its upstream (nginx/nginx.conf).
        var idle = Duration.seconds(4)
        /// How long a stop waits for the requests in flight, in all.
        var patience = Duration.seconds(20)
    }

    private let connections: Connections
    private let pipe: HeadPipe
    private let states: [WorkerState]
    private let limits: Limits

    /// Listens: from here on nginx can connect, and waits for ``run(_:)``.
    ///
    /// A listening socket that systemd or another parent hands over (`sd_listen_fds(3)`) is taken
    /// rather than `socketPath`. Otherwise a stale socket at the path is replaced; the new one has
    /// mode 0660. `backlog` is how many connections may wait; beyond it they are refused.
    package convenience init(
        socketPath: String?, backlog: Int, workers: Int
    ) throws(ServerError) {
        let listener: Listener
        if let inherited = try Listener.inherited() {
            listener = inherited
        } else if let socketPath {
            listener = try Listener(path: socketPath, backlog: backlog)
        } else {
            throw .noSocket
        }
        try self.init(listener: listener, workers: workers)
    }

    init(
        listener: consuming Listener, workers: Int, limits: Limits = Limits()
    ) throws(ServerError) {
        precondition(workers > 0, "a server without workers answers nothing")
        do throws(SystemError) {
            connections = try Connections(listener: listener, timeout: limits.transfer)
            pipe = try HeadPipe()
        } catch {
            throw .system(error)
        }
        self.limits = limits
        states = (0..<workers).map { _ in WorkerState() }
    }

    /// Serves until SIGTERM or SIGINT. To be called before the process has another thread, or while
    /// all others block these and SIGUSR1.
    ///
    /// `makeResponder` runs once on each worker's thread, and what it makes stays there.
    ///
    /// After the signal each answer is the last of its connection, which nginx is told with it, and
    /// idle connections are left to nginx, which closes them after two seconds. When all of before
    /// the signal are closed, nothing more is accepted: what connects now waits for whoever else has
    /// the socket. When what was accepted is answered, this returns. So no request is lost, and the
    /// next process may come before or after. A request that runs longer than 20 s is left behind:
    /// the process should end then.
    package func run(_ makeResponder: @escaping @Sendable () -> Responder) throws(SystemError) {
        // Also SIGUSR1: libfcgi takes it for a command to stop.
        Signals.block([.terminate, .interrupt, .user1])
        try run(makeResponder) {
            _ = Signals.wait(for: [.terminate, .interrupt])
        }
    }

    /// Serves until `waitForStop` returns.
    func run(
        _ makeResponder: @escaping @Sendable () -> Responder, until waitForStop: () -> Void
    ) throws(SystemError) {
        let code = Self.library
        guard code == 0 else { throw SystemError("FCGX_Init", code: code) }

        var threads: [WorkerThread] = []
        for (index, state) in states.enumerated() {
            threads.append(
                try .start(name: "worker \(index)") { [connections, pipe, limits] in
                    Worker(
                        connections: connections, pipe: pipe, state: state,
                        patience: limits.transfer,
                        respond: makeResponder()
                    ).run()
                })
        }
        waitForStop()
        guard stop() else { return }
        for thread in threads { thread.join() }
    }

    /// Returns false when a worker is still busy after the longest wait.
    private func stop() -> Bool {
        let start = ContinuousClock.now
        for state in states { state.isStopping.store(true, ordering: .relaxed) }
        let count = connections.count
        while connections.hasOpen(ofFirst: count), ContinuousClock.now - start < limits.idle {
            usleep(10_000)
        }
        connections.stopListening()
        repeat {
            // Who has connected has a request to send, unless it is no nginx of ours.
            let isBusy = states.contains { $0.isBusy.load(ordering: .relaxed) }
            let hasWaited = ContinuousClock.now - start >= limits.idle
            if connections.isEmpty || hasWaited && !isBusy {
                connections.stopWorkers()
                return true
            }
            usleep(10_000)
        } while ContinuousClock.now - start < limits.patience
        return false
    }

    /// What `FCGX_Init` returned. It sets up the whole process, once.
    private static let library: Int32 = {
        // After its last answer a connection is read until nginx closes it, for 2 s unless told
        // otherwise. The library reads the variable here only.
        unsafe setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "100", 0)
        let code = FCGX_Init()
        // It has put a handler for SIGPIPE in place, which would interrupt system calls.
        Signals.ignoreBrokenPipe()
        return code
    }()
}
