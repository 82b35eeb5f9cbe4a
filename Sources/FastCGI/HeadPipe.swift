import CFastCGI
import CLinux
import Glibc
import Synchronization
import System

/// What libfcgi reads heads from: a pipe that holds one head, whole and sound, and nothing else.
///
/// All threads share it, so that it takes two descriptors and not two for each; it is held for as
/// long as it takes to copy a head. Neither end ever waits: even a mistake in here would be an error
/// and no silence.
final class HeadPipe: Sendable {
    private struct Ends {
        let reader: Int32
        let writer: Int32

        init() throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else {
                throw SystemError("pipe2")
            }
            // The head, and the headers of its records.
            let size = Int32(2 * RecordReader.longestHead)
            guard fcntl(ends[1], linux_fcntl_set_pipe_size, size) >= 0 else {
                let error = SystemError("fcntl")
                for end in ends { close(end) }
                throw error
            }
            reader = ends[0]
            writer = ends[1]
        }
    }

    /// Nil after libfcgi has refused what they held, until they can be made anew.
    private let ends: Mutex<Ends?>

    init() throws(SystemError) {
        ends = Mutex(try Ends())
    }

    deinit {
        ends.withLock { ends in
            guard let ends else { return }
            close(ends.reader)
            close(ends.writer)
        }
    }

    /// Lets libfcgi read the head, and nothing else. Leaves the request without a connection.
    func hand(
        _ head: RecordReader.Head, to request: UnsafeMutablePointer<FCGX_Request>
    ) -> Bool {
        let records = Self.records(of: head)
        return ends.withLock { ends in
            guard let open = ends ?? (try? Ends()) else { return false }
            ends = nil
            let written = unsafe records.withUnsafeBytes {
                unsafe write(open.writer, $0.baseAddress, $0.count)
            }
            unsafe request.pointee.ipcFd = open.reader
            // Or FCGX_Accept_r would begin by closing it, as after a last request.
            unsafe request.pointee.keepConnection = 1
            let isTaken = unsafe written == records.count && FCGX_Accept_r(request) == 0
            if isTaken {
                ends = open
            } else {
                // libfcgi has closed what it could not read.
                if unsafe request.pointee.ipcFd >= 0 { close(open.reader) }
                close(open.writer)
            }
            unsafe request.pointee.ipcFd = -1
            return isTaken
        }
    }

    /// The head in records as the specification has them.
    private static func records(of head: RecordReader.Head) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(head.parameters.count + 64)
        func add(_ type: UInt8, _ content: ArraySlice<UInt8>) {
            bytes.append(1)
            bytes.append(type)
            bytes.append(UInt8(head.requestID >> 8))
            bytes.append(UInt8(head.requestID & 255))
            bytes.append(UInt8(content.count >> 8))
            bytes.append(UInt8(content.count & 255))
            bytes.append(0)
            bytes.append(0)
            bytes += content
        }
        add(1, [0, 1, head.keepsConnection ? 1 : 0, 0, 0, 0, 0, 0])
        for start in stride(from: 0, to: head.parameters.count, by: 0xFFFF) {
            add(4, head.parameters[start...].prefix(0xFFFF))
        }
        add(4, [])
        return bytes
    }
}
