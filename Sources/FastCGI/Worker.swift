import CFastCGI
import HTTP
import HTTPTypes
import Synchronization

/// What one thread does: it takes whatever connection has a request, and answers it.
@safe
struct Worker {
    let connections: Connections
    let state: WorkerState
    let respond: Responder

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
        // Otherwise the peer has closed the connection or sent nonsense; it is closed now.
        guard unsafe FCGX_Accept_r(request) == 0 else { return }
        // libfcgi takes parameters that break off between two of them for complete ones.
        guard unsafe FCGX_GetError(request.pointee.in) == 0 else {
            unsafe FCGX_Free(request, 1)
            return
        }
        unsafe answer(request)
        unsafe drain(request.pointee.in)
        if state.isStopping.load(ordering: .relaxed) {
            unsafe request.pointee.keepConnection = 0
        }
        unsafe FCGX_Finish_r(request)
    }

    private func answer(_ request: UnsafeMutablePointer<FCGX_Request>) {
        guard let stream = unsafe request.pointee.out else { return }
        let source = unsafe Source(request)
        defer { source.invalidate() }
        guard let method = HTTPRequest.Method(source.parameter("REQUEST_METHOD") ?? "") else {
            unsafe Response(status: .badRequest).write(to: stream, withoutBody: false)
            return
        }
        let response = respond(
            Request(
                method: method,
                path: source.parameter("DOCUMENT_URI") ?? source.parameter("SCRIPT_NAME") ?? "",
                queryString: source.parameter("QUERY_STRING") ?? "",
                id: source.parameter("REQUEST_ID") ?? "",
                source: source))
        unsafe response.write(to: stream, withoutBody: method == .head)
    }

    /// Reads what the handler left of the body: on a kept connection the rest of it would be taken
    /// for the next request. How long it can be is nginx's `client_max_body_size`.
    private func drain(_ stream: UnsafeMutablePointer<FCGX_Stream>) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
            let size = Int32(buffer.count)
            while unsafe FCGX_GetStr(buffer.baseAddress!, size, stream) == size {}
        }
    }
}

/// What a worker and the thread that stops it know of each other.
final class WorkerState: Sendable {
    let isBusy = Atomic(false)
    /// Connections are closed after their next answer.
    let isStopping = Atomic(false)
}
