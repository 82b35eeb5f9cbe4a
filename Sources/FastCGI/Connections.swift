import CFastCGI
import CLinux
import Glibc
import Synchronization
import System

/// The listening socket and the open connections, waited for by all workers at once.
///
/// Each connection has one `FCGX_Request` at one address for as long as it is open, since libfcgi
/// keeps pointers into it. The address travels through the kernel, as the datum of the
/// connection's epoll entry. `EPOLLONESHOT` hands a connection to one worker and to no other until
/// that worker gives it back, so it needs no lock.
///
/// libfcgi is given accepted connections instead of the listening socket, through two fields that
/// its header calls private, once their requests have been found sound. Its own accept leaves the
/// connection without timeouts (a Unix socket does not inherit them) and without CLOEXEC, waits up
/// to two seconds for a first byte, and is also what `FCGX_Accept_r` falls back to when a kept
/// connection was closed.
@safe
final class Connections: Sendable {
    @safe
    enum Event {
        case newConnection
        /// A request, or the end of the connection.
        case readable(UnsafeMutablePointer<FCGX_Request>)
        case stop
    }

    private static let newConnection: UInt64 = 0
    private static let stop: UInt64 = 1

    private let listener: Listener
    private let epoll: Int32
    /// Readable once the workers are to end.
    private let stopEvent: Int32
    private let timeout: timeval
    private let open = Mutex(Open())

    private struct Open {
        /// The addresses of all open connections' requests, each with the number of its connection.
        var numbers: [UInt: Int] = [:]
        /// How many connections there have been.
        var count = 0
        var isListening = true
    }

    /// `timeout` is how long one read or write of a connection may wait for its peer.
    init(listener: consuming Listener, timeout: Duration) throws(SystemError) {
        let (seconds, attoseconds) = timeout.components
        self.timeout = timeval(
            tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        self.listener = listener
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopEvent = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, stopEvent >= 0 else { throw SystemError("epoll_create1") }
        try add(
            self.listener.descriptor, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue,
            Self.newConnection)
        try add(stopEvent, EPOLLIN.rawValue, Self.stop)
    }

    /// Closes all connections. No worker uses one any more.
    deinit {
        for address in open.withLock({ Array($0.numbers.keys) }) {
            guard let request = unsafe UnsafeMutablePointer<FCGX_Request>(bitPattern: address)
            else { continue }
            unsafe Glibc.close(request.pointee.ipcFd)
            unsafe request.deallocate()
        }
        if epoll >= 0 { Glibc.close(epoll) }
        if stopEvent >= 0 { Glibc.close(stopEvent) }
    }

    /// Waits for something to do.
    func next() -> Event {
        var event = unsafe epoll_event()
        while true {
            let count = unsafe epoll_wait(epoll, &event, 1, -1)
            guard count == 1 else {
                precondition(errno == EINTR, "an epoll set that is open can be waited for")
                continue
            }
            switch unsafe event.data.u64 {
            case Self.newConnection: return .newConnection
            case Self.stop: return .stop
            case let address:
                guard
                    let request = unsafe UnsafeMutablePointer<FCGX_Request>(
                        bitPattern: UInt(address))
                else { continue }
                return unsafe .readable(request)
            }
        }
    }

    /// Accepts one connection and puts it with the others; its request comes as an event. Returns
    /// false when there was none.
    @discardableResult
    func accept() -> Bool {
        let (descriptor, address, error) = acceptAndCount()
        guard descriptor >= 0,
            let request = unsafe UnsafeMutablePointer<FCGX_Request>(
                bitPattern: address)
        else {
            switch error {
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // The event stays, so without a pause this would turn until something is closed.
                usleep(10_000)
            default:
                // Another worker was faster, or the peer has gone again.
                break
            }
            return false
        }
        var timeout = timeout
        let length = socklen_t(MemoryLayout<timeval>.size)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &timeout, length) == 0 else {
                Glibc.close(descriptor)
                unsafe forget(request)
                return true
            }
        }
        // With no listening socket, FCGX_Accept_r fails (EBADF) when the connection is closed.
        unsafe FCGX_InitRequest(request, -1, 0)
        unsafe request.pointee.ipcFd = descriptor

        do throws(SystemError) {
            try add(descriptor, Self.interest, UInt64(address))
        } catch {
            Glibc.close(descriptor)
            unsafe forget(request)
        }
        return true
    }

    /// A new connection, the address of its request, and the error when there is none.
    ///
    /// All under the lock: once ``stopListening()`` has returned, no connection is taken that is not
    /// among the open ones.
    private func acceptAndCount() -> (descriptor: Int32, address: UInt, error: Int32) {
        open.withLock { open in
            guard open.isListening else { return (-1, 0, EAGAIN) }
            let descriptor = accept4(listener.descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
            guard descriptor >= 0 else { return (-1, 0, errno) }
            let address = UInt(
                bitPattern: UnsafeMutablePointer<FCGX_Request>.allocate(capacity: 1))
            open.numbers[address] = open.count
            open.count += 1
            return (descriptor, address, 0)
        }
    }

    /// How many connections there have been so far.
    var count: Int { open.withLock { $0.count } }

    /// Whether one of the first `count` connections is open.
    func hasOpen(ofFirst count: Int) -> Bool {
        open.withLock { $0.numbers.values.contains { $0 < count } }
    }

    var isEmpty: Bool { open.withLock { $0.numbers.isEmpty } }

    /// Gives a connection back after its request, or forgets it when it was closed.
    func release(_ request: UnsafeMutablePointer<FCGX_Request>) {
        let descriptor = unsafe request.pointee.ipcFd
        guard descriptor >= 0 else {
            unsafe forget(request)
            return
        }
        var event = unsafe epoll_event()
        unsafe event.events = Self.interest
        unsafe event.data.u64 = UInt64(UInt(bitPattern: request))
        let code = unsafe epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
        precondition(code == 0, "an open connection is in the set")
    }

    /// No connection is accepted from now on. Ours are refused; those to an inherited socket wait
    /// for whoever else holds it.
    ///
    /// What waits already is taken once more: of those who share the socket, each connection wakes
    /// one (EPOLLEXCLUSIVE), and that may have been us.
    func stopListening() {
        epoll_ctl(epoll, EPOLL_CTL_DEL, listener.descriptor, nil)
        for _ in 0..<1024 { guard accept() else { break } }
        open.withLock { $0.isListening = false }
        if !listener.isInherited {
            shutdown(listener.descriptor, Int32(SHUT_RD))
        }
    }

    /// Every worker gets ``Event/stop``.
    func stopWorkers() {
        let code = eventfd_write(stopEvent, 1)
        precondition(code == 0, "a counter at zero can be raised")
    }

    private static let interest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue

    private func add(_ descriptor: Int32, _ interest: UInt32, _ datum: UInt64) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events = interest
        unsafe event.data.u64 = datum
        guard unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    private func forget(_ request: UnsafeMutablePointer<FCGX_Request>) {
        let address = UInt(bitPattern: request)
        open.withLock { _ = $0.numbers.removeValue(forKey: address) }
        unsafe request.deallocate()
    }
}
