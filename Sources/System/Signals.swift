import CLinux
import Glibc

/// A signal that the program handles, see `signal(7)`.
package enum Signal: CaseIterable, Sendable {
    case hangUp, interrupt, terminate, user1, user2, brokenPipe

    var number: Int32 {
        switch self {
        case .hangUp: SIGHUP
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .user1: SIGUSR1
        case .user2: SIGUSR2
        case .brokenPipe: SIGPIPE
        }
    }
}

/// Signals are taken like messages: blocked in all threads, and waited for by one.
/// No handler runs, so none can interrupt another thread's system call.
package enum Signals {
    /// Blocks the signals in the calling thread and in all that it starts from now on.
    ///
    /// Call it before any other thread starts: one thread that does not block a signal gets it,
    /// and its default action ends the process.
    package static func block(_ signals: [Signal]) {
        var set = set(of: signals)
        let code = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        precondition(code == 0, "these signals can be blocked")
    }

    /// Waits until one of the signals comes. All of them must be blocked.
    package static func wait(for signals: [Signal]) -> Signal {
        while true {
            if let signal = wait(for: signals, timeout: .seconds(3600)) { return signal }
        }
    }

    /// Waits until one of the signals comes; nil when none came within the time.
    package static func wait(for signals: [Signal], timeout: Duration) -> Signal? {
        var set = set(of: signals)
        let deadline = ContinuousClock.now + timeout
        while true {
            // Another signal's handler may end the wait early (EINTR).
            var left = timespec(max(deadline - .now, .zero))
            let number = unsafe sigtimedwait(&set, nil, &left)
            if let signal = signals.first(where: { $0.number == number }) { return signal }
            if errno == EAGAIN { return nil }
            precondition(
                errno == EINTR, "sigtimedwait takes any set and a time that is not negative")
        }
    }

    /// Lets a write to a closed socket or pipe fail with EPIPE instead of ending the process.
    package static func ignoreBrokenPipe() {
        let previous = signal(SIGPIPE, SIG_IGN)
        precondition(unsafe unsafeBitCast(previous, to: Int.self) != -1, "SIGPIPE can be ignored")
    }

    private static func set(of signals: [Signal]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals {
            unsafe sigaddset(&set, signal.number)
        }
        return set
    }
}

extension timespec {
    /// The same span, without what is shorter than a nanosecond.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}
