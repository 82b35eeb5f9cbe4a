import Glibc

/// A file that is read in places.
@safe
package struct ReadableFile: ~Copyable {
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
    package borrowing func bytes(
        at offset: UInt64, count: Int
    ) throws(SystemError) -> [UInt8] {
        guard let start = off_t(exactly: offset) else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        var read = 0
        while read < count {
            let more = try retrying("pread", path: path) {
                unsafe bytes.withUnsafeMutableBytes { buffer in
                    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[read...])
                    return unsafe pread(
                        descriptor, rest.baseAddress, rest.count, start + off_t(read))
                }
            }
            if more == 0 { break }
            read += more
        }
        return Array(bytes.prefix(read))
    }
}
