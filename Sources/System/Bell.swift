import CLinux
import Glibc

/// What one thread rests by, and any other wakes it with (eventfd(2)).
package final class Bell: Sendable {
    private let descriptor: Int32

    package init() throws(SystemError) {
        descriptor = try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
    }

    deinit { close(descriptor) }

    /// Wakes who rests, or keeps the next rest from being one.
    package func ring() {
        var one: UInt64 = 1
        // It fails only when it has rung so often that it rings anyway.
        _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until it rings, for `span` at the most. Signals may end it early.
    package func rest(for span: Duration) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var left = timespec(span)
        guard unsafe ppoll(&wanted, 1, &left, nil) > 0 else { return }
        var rings: UInt64 = 0
        _ = unsafe read(descriptor, &rings, MemoryLayout<UInt64>.size)
    }
}
