import Glibc

/// An empty folder of our own, which goes when it is dropped: where a program that reads foreign
/// files works, so that no name in them means a file of ours.
@safe
package struct TemporaryFolder: ~Copyable {
    package let path: String

    /// Makes it in `TMPDIR`, or in `/tmp`; nobody else may look into it.
    package init() throws(SystemError) {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/rushes-XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
        }
        guard isMade else { throw SystemError("mkdtemp", path: parent) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // What is not empty stays: it is for programs that may write nothing.
    deinit { unsafe rmdir(path) }
}
