import Glibc

/// The peer sent something that no web server sends, or went away, or took too long. Its connection
/// is closed; nobody else notices.
struct BrokenRecords: Error {}

/// Reads the records of one request off its connection (FastCGI specification 1.0, 3.3 and 5), and
/// takes nothing but what nginx sends: one request at a time, its parameters, its body.
///
/// libfcgi must not read them: a management record that breaks off ends the process by an assertion
/// or lets the thread turn for ever, several names in one overrun a buffer on the stack, and a
/// record for another request is passed over with the next one. It is told that a request begins,
/// and writes the answer.
@safe
final class RecordReader {
    /// What libfcgi has to know of a request.
    struct Head {
        let requestID: UInt16
        let keepsConnection: Bool
    }

    /// Of the request whose head was read last.
    private(set) var parameters = Parameters()

    private enum RecordType {
        static let begin: UInt8 = 1
        static let parameters: UInt8 = 4
        static let body: UInt8 = 5
    }

    private static let headerLength = 8
    private static let responder = 1
    private static let keepConnection: UInt8 = 1

    /// Takes nearly every request in one read.
    private var buffer = [UInt8](repeating: 0, count: 8 * 1024)
    /// What was read and not yet taken.
    private var start = 0
    private var end = 0
    private var descriptor: Int32 = -1
    private var requestID: UInt16 = 0
    /// Until when the head, or all of the body, has to be here.
    private var deadline = ContinuousClock.now
    private let patience: Duration
    /// What is left of the body's current record.
    private var contentLeft = 0
    private var paddingLeft = 0
    private var bodyHasEnded = false
    /// Whether nothing more can be read, since it is not known where the next record begins.
    private var isBroken = false

    /// `patience` is how long a peer may take over a head, and over the rest of a body each time
    /// that more of it is read.
    init(patience: Duration) {
        self.patience = patience
    }

    /// Reads the next request up to its body.
    func head(from descriptor: Int32) throws(BrokenRecords) -> Head {
        self.descriptor = descriptor
        (start, end, contentLeft, paddingLeft) = (0, 0, 0, 0)
        (bodyHasEnded, isBroken) = (false, false)
        deadline = .now + patience
        parameters.removeAll()

        let begin = try header(RecordType.begin, isFirst: true)
        guard begin.content == 8 else { throw BrokenRecords() }
        while end - start < 8 { try fill() }
        let role = Int(buffer[start]) << 8 | Int(buffer[start + 1])
        let flags = buffer[start + 2]
        start += 8
        try skip(begin.padding)
        guard role == Self.responder else { throw BrokenRecords() }

        while true {
            let record = try header(RecordType.parameters)
            guard record.content > 0 else {
                try skip(record.padding)
                break
            }
            var isTaken = true
            unsafe try take(record.content) { isTaken = unsafe parameters.append($0) && isTaken }
            guard isTaken else { throw BrokenRecords() }
            try skip(record.padding)
        }
        guard parameters.find() else { throw BrokenRecords() }
        return Head(requestID: requestID, keepsConnection: flags & Self.keepConnection != 0)
    }

    /// Reads `count` bytes of the body; less when it ends before.
    func body(_ count: Int) throws(BrokenRecords) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 1 << 20))
        unsafe try body(count) { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Hands over `count` bytes of the body as they come, each part at most as long as the buffer;
    /// less when it ends before. Returns how many came.
    @discardableResult
    func body(
        _ count: Int, _ part: (UnsafeRawBufferPointer) -> Void
    ) throws(BrokenRecords) -> Int {
        deadline = .now + patience
        var left = count
        while left > 0, try openRecord() {
            let length = min(left, contentLeft)
            unsafe try take(length, part)
            contentLeft -= length
            left -= length
        }
        return count - left
    }

    /// Reads what is left of the body, and looks that nothing follows it. How long it can be is
    /// nginx's `client_max_body_size`.
    func finish() throws(BrokenRecords) {
        deadline = .now + patience
        while try openRecord() {
            try skip(contentLeft)
            contentLeft = 0
        }
        try skip(paddingLeft)
        paddingLeft = 0
        guard start == end else { throw BrokenRecords() }
    }

    /// Whether a record of the body has bytes left, after looking for the next one.
    private func openRecord() throws(BrokenRecords) -> Bool {
        guard !bodyHasEnded else { return false }
        guard contentLeft == 0 else { return true }
        try skip(paddingLeft)
        (contentLeft, paddingLeft) = try header(RecordType.body)
        bodyHasEnded = contentLeft == 0
        return !bodyHasEnded
    }

    /// Reads the header of a record of this request, which has to be of this type.
    private func header(
        _ type: UInt8, isFirst: Bool = false
    ) throws(BrokenRecords) -> (content: Int, padding: Int) {
        guard !isBroken else { throw BrokenRecords() }
        while end - start < Self.headerLength { try fill() }
        let first = start
        start += Self.headerLength
        func byte(_ index: Int) -> UInt8 { buffer[first + index] }
        let id = UInt16(byte(2)) << 8 | UInt16(byte(3))
        // Number 0 is for messages about the connection, of which nginx has none.
        guard byte(0) == 1, byte(1) == type, isFirst ? id != 0 : id == requestID else {
            isBroken = true
            throw BrokenRecords()
        }
        requestID = id
        return (Int(byte(4)) << 8 | Int(byte(5)), Int(byte(6)))
    }

    /// Hands over the next `count` bytes, in as many parts as they come.
    private func take(
        _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(BrokenRecords) {
        var left = count
        while left > 0 {
            if start == end { try fill() }
            let part = min(left, end - start)
            unsafe buffer.withUnsafeBytes { bytes in
                unsafe body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + part)]))
            }
            start += part
            left -= part
        }
    }

    private func skip(_ count: Int) throws(BrokenRecords) {
        var left = count
        while left > 0 {
            if start == end { try fill() }
            let part = min(left, end - start)
            start += part
            left -= part
        }
    }

    /// Reads more behind what is there, of which there is less than a header.
    private func fill() throws(BrokenRecords) {
        guard !isBroken, ContinuousClock.now < deadline else { throw BrokenRecords() }
        if start > 0 {
            buffer.replaceSubrange(0..<(end - start), with: Array(buffer[start..<end]))
            (start, end) = (0, end - start)
        }
        let got = unsafe buffer.withUnsafeMutableBytes { bytes in
            var got = -1
            repeat {
                got = unsafe recv(descriptor, bytes.baseAddress! + end, bytes.count - end, 0)
            } while got < 0 && errno == EINTR
            return got
        }
        guard got > 0 else {
            isBroken = true
            throw BrokenRecords()
        }
        end += got
    }
}
