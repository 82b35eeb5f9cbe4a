import Glibc

/// Ends the process at once, without waiting for its other threads (_exit(2)).
package func endProcess(code: Int32) -> Never {
    _exit(code)
}

/// The number of this process.
package var processNumber: Int { Int(getpid()) }

/// The name of this machine; empty when that cannot be read.
package var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
