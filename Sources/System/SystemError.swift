// System: threads, signals, programs, durable files and memory of this process, over the C library
// and Linux. It knows nothing of the shop.
// Calls that a signal interrupts are made again; what fails is thrown with its call and its file.

import Glibc

/// A call to the operating system failed.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was called, such as `open`.
    package let call: String
    /// The error number, as in `errno(3)`.
    package let code: Int32
    /// The file it was about, if any.
    package let path: String?

    package init(_ call: StaticString, code: Int32 = errno, path: String? = nil) {
        self.call = "\(call)"
        self.code = code
        self.path = path
    }

    /// `open /run/rushes.sock: Permission denied (13)`
    package var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "unknown error"
        return "\(call)\(path.map { " \($0)" } ?? ""): \(reason) (\(code))"
    }
}

/// Calls again for as long as a signal interrupts. Returns what is not -1, or throws.
package func retrying<Result: SignedInteger>(
    _ call: StaticString, path: String? = nil, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        if errno != EINTR { throw SystemError(call, path: path) }
    }
}
