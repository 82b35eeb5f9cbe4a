import Glibc

/// A file that appears under its name whole and on disk, or not at all.
///
/// It is written under another name in the same folder; ``commit()`` makes it durable and renames
/// it. Dropped without that, or with the process killed, the target is as it was before; a killed
/// process leaves a file `.<name>.XXXXXX` behind.
package struct DurableFile: ~Copyable {
    private let file: TemporaryFile
    private let path: String

    /// Creates the temporary file beside `path`, readable and writable as `mode` says
    /// (the umask has no effect).
    package init(path: String, mode: UInt32 = 0o640) throws(SystemError) {
        let (folder, name) = splitPath(path)
        file = try TemporaryFile(in: folder, prefix: String(name), mode: mode)
        self.path = path
    }

    /// Where the bytes lie until the commit, for programs that read or write the file by name.
    package var temporaryPath: String { file.path }

    /// Appends the bytes.
    package borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
        try file.write(bytes)
    }

    /// Puts the file in place of the target. When this returns, it survives a loss of power.
    package consuming func commit() throws(SystemError) {
        try file.move(to: path)
    }
}

/// The room of a file system.
package struct Room: Sendable {
    /// What an ordinary user can still write.
    package let freeBytes: UInt64
    package let sizeBytes: UInt64

    /// Of the file system that holds `path`.
    package init(at path: String) throws(SystemError) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw SystemError("statvfs", path: path) }
        freeBytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        sizeBytes = UInt64(status.f_blocks) * UInt64(status.f_frsize)
    }
}
