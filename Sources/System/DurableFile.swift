import CLinux
import Glibc

/// A file that appears under its name whole and on disk, or not at all.
///
/// It is written under another name in the same folder; ``commit()`` makes it durable and renames
/// it. Dropped without that, or with the process killed, the target is as it was before; a killed
/// process leaves a file `.<name>.XXXXXX` behind.
@safe
package struct DurableFile: ~Copyable {
    /// Where the bytes lie until the commit, for programs that read or write the file by name.
    package let temporaryPath: String
    private let path: String
    private let descriptor: Int32

    /// Creates the temporary file beside `path`, readable and writable as `mode` says
    /// (the umask has no effect).
    package init(path: String, mode: UInt32 = 0o640) throws(SystemError) {
        let (folder, name) = split(path)
        var template = Array("\(folder)/.\(name).XXXXXX".utf8CString)
        let descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe mkostemp($0, O_CLOEXEC) } ?? -1
        }
        guard descriptor >= 0 else { throw SystemError("mkostemp", path: path) }
        let temporaryPath = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard fchmod(descriptor, mode) == 0 else {
            let error = SystemError("fchmod", path: path)
            close(descriptor)
            unsafe unlink(temporaryPath)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
        self.temporaryPath = temporaryPath
    }

    deinit {
        close(descriptor)
        // After the commit the name is gone, and this fails as it should.
        unsafe unlink(temporaryPath)
    }

    /// Appends the bytes.
    package borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            written += try retrying("write", path: path) {
                unsafe rest.withUnsafeBytes {
                    unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
            }
        }
    }

    /// Puts the file in place of the target. When this returns, it survives a loss of power.
    package consuming func commit() throws(SystemError) {
        _ = try retrying("fsync", path: path) { fsync(self.descriptor) }
        guard unsafe rename(temporaryPath, path) == 0 else {
            throw SystemError("rename", path: path)
        }
        let folder = split(path).folder
        let descriptor = try retrying("open", path: folder) {
            unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        _ = try retrying("fsync", path: folder) { fsync(descriptor) }
    }
}

/// How many bytes an ordinary user can still write to the file system that holds `path`.
package func freeBytes(at path: String) throws(SystemError) -> UInt64 {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { throw SystemError("statvfs", path: path) }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
}

/// `/a/b.mp4` into `/a` and `b.mp4`; `b.mp4` into `.` and `b.mp4`.
private func split(_ path: String) -> (folder: String, name: Substring) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path[...]) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), path[path.index(after: slash)...])
}
