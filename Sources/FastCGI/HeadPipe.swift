import CFastCGI
import CLinux
import Glibc
import Synchronization
import System

/// What libfcgi reads instead of a connection: a pipe that holds the beginning of one request,
/// which we write, and nothing else.
///
/// All threads share it, so that it takes two descriptors and not two for each; it is held for as
/// long as it takes to copy 24 bytes. Neither end ever waits: even a mistake in here would be an
/// error and no silence.
final class HeadPipe: Sendable {
    private struct Ends {
        let reader: Int32
        let writer: Int32

        init() throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else {
                throw SystemError("pipe2")
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

    /// Tells libfcgi that a request begins, so that it can be answered. Leaves the request without
    /// a connection.
    func hand(
        _ head: RecordReader.Head, to request: UnsafeMutablePointer<FCGX_Request>
    ) -> Bool {
        return ends.withLock { ends in
            guard let open = ends ?? (try? Ends()) else { return false }
            ends = nil
            var records = Self.records(of: head)
            let length = MemoryLayout.size(ofValue: records)
            let written = unsafe write(open.writer, &records, length)
            unsafe request.pointee.ipcFd = open.reader
            // Or FCGX_Accept_r would begin by closing it, as after a last request.
            unsafe request.pointee.keepConnection = 1
            let isTaken = unsafe written == length && FCGX_Accept_r(request) == 0
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

    /// The records `FCGI_BEGIN_REQUEST`, and `FCGI_PARAMS` without a parameter (FastCGI
    /// specification 1.0, 3.3, 5.1 and 5.2).
    private static func records(of head: RecordReader.Head) -> InlineArray<24, UInt8> {
        let high = UInt8(head.requestID >> 8)
        let low = UInt8(head.requestID & 255)
        return [
            1, 1, high, low, 0, 8, 0, 0,
            0, 1, head.keepsConnection ? 1 : 0, 0, 0, 0, 0, 0,
            1, 4, high, low, 0, 0, 0, 0,
        ]
    }
}
