import CLinux
import Glibc

/// The thread that asks.
package enum CurrentThread {
    /// Waits for this long (nanosleep(2)); signals do not shorten it.
    package static func sleep(for span: Duration) {
        var rest = timespec(
            tv_sec: Int(span.components.seconds),
            tv_nsec: Int(span.components.attoseconds / 1_000_000_000))
        var left = timespec()
        while unsafe nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
    }
}
