import Glibc

/// Ends the process at once, without waiting for its other threads (_exit(2)).
package func endProcess(code: Int32) -> Never {
    _exit(code)
}
