import CFastCGI
import CLinux
import Glibc
import HTTP
import HTTPTypes
import Synchronization

/// What one thread does: it takes whatever connection has a request, and answers it.
@safe
final class Worker {
    private let connections: Connections
    private let state: WorkerState
    private let respond: Responder
    private let reader: RecordReader
    private let pipe: HeadPipe

    /// `patience` is how long a peer may take over each part of its request.
    init(
        connections: Connections, pipe: HeadPipe, state: WorkerState, patience: Duration,
        respond: @escaping Responder
    ) {
        self.connections = connections
        self.pipe = pipe
        self.state = state
        self.respond = respond
        reader = RecordReader(patience: patience)
    }

    /// Serves until it is told to stop.
    func run() {
        while true {
            switch connections.next() {
            case .newConnection:
                connections.accept()
            case .readable(let request):
                state.isBusy.store(true, ordering: .relaxed)
                unsafe serve(request)
                unsafe connections.release(request)
                state.isBusy.store(false, ordering: .relaxed)
            case .stop:
                return
            }
        }
    }

    private func serve(_ request: UnsafeMutablePointer<FCGX_Request>) {
        let connection = unsafe request.pointee.ipcFd
        let isTaken =
            if let head = try? reader.head(from: connection) {
                unsafe pipe.hand(head, to: request)
            } else {
                false
            }
        guard isTaken else {
            // The peer has closed the connection, or sent nonsense.
            close(connection)
            unsafe request.pointee.ipcFd = -1
            return
        }
        unsafe request.pointee.ipcFd = connection
        let isWhole = unsafe answer(request)
        do throws(BrokenRecords) {
            try reader.finish()
        } catch {
            unsafe request.pointee.keepConnection = 0
            // libfcgi reads a connection that it closes for as long as something comes.
            shutdown(connection, Int32(SHUT_RD))
        }
        if !isWhole {
            unsafe request.pointee.keepConnection = 0
            shutdown(connection, Int32(SHUT_RDWR))
        }
        if isWhole, state.isStopping.load(ordering: .relaxed) {
            unsafe endForGood(request)
        }
        unsafe FCGX_Finish_r(request)
    }

    /// Ends the answer so that nginx sends no other request on the connection.
    ///
    /// A connection that is only closed after its answer can meet the next request, which nginx has
    /// sent before it saw the end; it cannot know whether that was begun, and answers 502 to a POST.
    /// FastCGI has no word for "the last answer". But nginx keeps a connection only when the record
    /// that ends the answer is the last thing that has come (`ngx_http_fastcgi_input_filter`, and
    /// the handler of kept connections, in all versions since 1.1.4). So one more record is sent
    /// with it, in the same write: one that is about no request (FastCGI specification 1.0, 4.2).
    private func endForGood(_ request: UnsafeMutablePointer<FCGX_Request>) {
        unsafe request.pointee.keepConnection = 0
        // libfcgi writes the last record when the last of this many streams is closed: never.
        unsafe request.pointee.nWriters += 1
        unsafe FCGX_FClose(request.pointee.err)
        unsafe FCGX_FClose(request.pointee.out)
        let id = unsafe UInt16(truncatingIfNeeded: request.pointee.requestId)
        var records: InlineArray<32, UInt8> = [
            // FCGI_END_REQUEST: FCGI_REQUEST_COMPLETE.
            1, 3, UInt8(id >> 8), UInt8(id & 255), 0, 8, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
            // FCGI_UNKNOWN_TYPE.
            1, 11, 0, 0, 0, 8, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0,
        ]
        // A peer that is gone needs to hear nothing.
        _ = unsafe send(
            request.pointee.ipcFd, &records, MemoryLayout.size(ofValue: records),
            Int32(MSG_NOSIGNAL))
    }

    /// Returns false when the answer broke off.
    private func answer(_ request: UnsafeMutablePointer<FCGX_Request>) -> Bool {
        guard let stream = unsafe request.pointee.out else { return false }
        let source = Source(reader)
        defer { source.invalidate() }
        guard let method = HTTPRequest.Method(source.parameter("REQUEST_METHOD") ?? "") else {
            return unsafe Response(status: .badRequest).write(to: stream, withoutBody: false)
        }
        let response = respond(
            Request(
                method: method,
                path: source.parameter("DOCUMENT_URI") ?? source.parameter("SCRIPT_NAME") ?? "",
                queryString: source.parameter("QUERY_STRING") ?? "",
                id: source.parameter("REQUEST_ID") ?? "",
                source: source))
        return unsafe response.write(to: stream, withoutBody: method == .head)
    }
}

/// What a worker and the thread that stops it know of each other.
final class WorkerState: Sendable {
    let isBusy = Atomic(false)
    /// Each answer is the last of its connection.
    let isStopping = Atomic(false)
}
