import CLinux
import Glibc

/// A thread of the operating system, for work that blocks.
package struct WorkerThread: Sendable {
    private let thread: pthread_t

    /// Starts a thread that runs `body` and ends. It inherits the caller's blocked signals.
    ///
    /// `name` is what `top -H` shows; Linux keeps the first 15 bytes.
    package static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> WorkerThread {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Body(run: body))
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, unsafe box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            throw SystemError("pthread_create", code: code)
        }
        // A thread without a name works as well, so a refusal is not an error.
        _ = unsafe pthread_setname_np(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
        return WorkerThread(thread: thread)
    }

    /// Waits until the thread has ended. To be called once.
    package func join() {
        let code = pthread_join(thread, nil)
        precondition(code == 0, "a thread is joined once, and by another thread")
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
