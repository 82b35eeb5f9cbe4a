import CLinux
import Glibc

/// A file that is gone with its last reference, unless it was put in a place of its own.
///
/// It has a name meanwhile, for programs that read or write it by that; a killed process leaves
/// `.<prefix>.XXXXXX` behind.
@safe
package final class TemporaryFile: Sendable {
    package let path: String
    /// To append to; closed with the last reference.
    package let descriptor: Int32

    /// Creates it in `folder`, readable and writable as `mode` says (the umask has no effect).
    package init(
        in folder: String, prefix: String = "new", mode: UInt32 = 0o640
    ) throws(SystemError) {
        let name = "\(folder)/.\(prefix).XXXXXX"
        var template = Array(name.utf8CString)
        let descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe mkostemp($0, O_CLOEXEC) } ?? -1
        }
        guard descriptor >= 0 else { throw SystemError("mkostemp", path: "\(folder)/\(prefix)") }
        let path = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard fchmod(descriptor, mode) == 0 else {
            let error = SystemError("fchmod", path: path)
            close(descriptor)
            unsafe unlink(path)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        // Once it has a place of its own the name is gone, and this fails as it should.
        unsafe unlink(path)
    }

    /// Appends the bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = try retrying("write", path: path) {
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Appends the bytes.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        unsafe bytes.withUnsafeBytes { bytes in
            do throws(SystemError) { try unsafe write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Puts the file at `target`, in place of what is there, on the same file system. When this
    /// returns, it survives a loss of power.
    package func move(to target: String) throws(SystemError) {
        // By its name: a program may have put another file there.
        let written = try retrying("open", path: path) { unsafe open(path, O_RDONLY | O_CLOEXEC) }
        defer { close(written) }
        _ = try retrying("fsync", path: path) { fsync(written) }
        guard unsafe rename(path, target) == 0 else { throw SystemError("rename", path: target) }
        let folder = splitPath(target).folder
        let directory = try retrying("open", path: folder) {
            unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(directory) }
        _ = try retrying("fsync", path: folder) { fsync(directory) }
    }
}

/// `/a/b.mp4` into `/a` and `b.mp4`; `b.mp4` into `.` and `b.mp4`.
func splitPath(_ path: String) -> (folder: String, name: Substring) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path[...]) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), path[path.index(after: slash)...])
}
