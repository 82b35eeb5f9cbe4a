import CLinux
import Glibc

/// What libfcgi reads a head from: a pipe that holds that head and nothing else.
///
/// Neither end ever waits, so that even a mistake in here would be an error and no silence.
final class HeadPipe {
    let reader: Int32
    private let writer: Int32
    private var readerIsOpen = true

    /// Nil when there are no descriptors left, or no memory for so large a pipe.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else { return nil }
        // The head, and the headers of its records.
        guard fcntl(ends[1], linux_fcntl_set_pipe_size, Int32(2 * RecordReader.longestHead)) >= 0
        else {
            for end in ends { close(end) }
            return nil
        }
        reader = ends[0]
        writer = ends[1]
    }

    deinit {
        if readerIsOpen { close(reader) }
        close(writer)
    }

    /// libfcgi has closed the reader.
    func forgetReader() {
        readerIsOpen = false
    }

    /// Puts the head in, in records as the specification has them.
    func write(_ head: RecordReader.Head) -> Bool {
        let id = [UInt8(head.requestID >> 8), UInt8(head.requestID & 255)]
        func record(_ type: UInt8, _ content: ArraySlice<UInt8>) -> [UInt8] {
            let length = content.count
            return [1, type] + id + [UInt8(length >> 8), UInt8(length & 255), 0, 0] + content
        }
        var bytes = record(1, [0, 1, head.keepsConnection ? 1 : 0, 0, 0, 0, 0, 0])
        bytes.reserveCapacity(head.parameters.count + 64)
        for start in stride(from: 0, to: head.parameters.count, by: 0xFFFF) {
            bytes += record(4, head.parameters[start...].prefix(0xFFFF))
        }
        bytes += record(4, [])
        return unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(writer, $0.baseAddress, $0.count) == $0.count
        }
    }
}
