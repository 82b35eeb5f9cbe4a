import Glibc

/// Where log lines go.
package enum StandardError {
    /// Writes the bytes in one call, so that the lines of several threads do not mix. What cannot
    /// be written, because the disk of the log is full, is dropped: requests go on.
    package static func write(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
