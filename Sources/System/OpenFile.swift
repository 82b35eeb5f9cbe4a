import Glibc

/// A file that is open to be read in places. Any thread may read it.
@safe
package final class OpenFile: Sendable {
    package let sizeBytes: UInt64
    private let path: String
    private let descriptor: Int32

    /// Opens a regular file; not a link to one.
    package init(path: String) throws(SystemError) {
        let descriptor = try retrying("open", path: path) {
            unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = SystemError("fstat", path: path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SystemError("open", code: EINVAL, path: path)
        }
        self.path = path
        self.descriptor = descriptor
        sizeBytes = UInt64(status.st_size)
    }

    deinit { close(descriptor) }

    /// The bytes from `offset` on: `count` of them, or fewer at the file's end.
    package func bytes(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: SystemError?
        let read = unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                return try unsafe self.read(into: buffer, at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return Array(bytes.prefix(read))
    }

    /// Fills the buffer from `offset` on; returns how far, less than all at the file's end alone.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemError) -> Int {
        guard let start = off_t(exactly: offset) else { return 0 }
        var read = 0
        while read < buffer.count {
            let more = try retrying("pread", path: path) {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[read...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, start + off_t(read))
            }
            if more == 0 { break }
            read += more
        }
        return read
    }
}
