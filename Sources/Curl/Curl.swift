// Curl: the only importer of libcurl. One request, one download into a file, one mail by SMTP, each
// with bounds of time and size, blocking, on the thread that owns the handle.
// It judges each address when it connects, and each step of a redirect by itself.

import Addresses
import CCurl
import Glibc
package import HTTP
import HTTPTypes
package import System

/// What is the same for every transfer of a ``Curl``.
package struct CurlOptions: Sendable {
    /// The name and version that we go by, `Rushes/1.2.3`. Pollo's front refuses clients without.
    package var userAgent: String
    /// For name, connection and TLS handshake together.
    package var connectTimeout: Duration
    /// For a whole request and its answer.
    package var timeout: Duration
    /// The longest body that ``Curl/send(_:)`` takes.
    package var maxResponseBytes: Int
    package var addressPolicy: AddressPolicy
    /// A file of PEM certificates to trust: the certification authority of development. Nil
    /// trusts those of the system.
    package var caFile: String?

    package init(
        userAgent: String, connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(20),
        maxResponseBytes: Int = 1 << 20, addressPolicy: AddressPolicy = .any, caFile: String? = nil
    ) {
        self.userAgent = userAgent
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maxResponseBytes = maxResponseBytes
        self.addressPolicy = addressPolicy
        self.caFile = caFile
    }
}

/// `curl_global_init`, run once, before the first handle of any thread.
private let isReady: Bool = {
    // With NOSIGNAL libcurl leaves SIGPIPE alone, and OpenSSL writes without MSG_NOSIGNAL: a peer
    // that hangs up would end the process (CURLOPT_NOSIGNAL(3)).
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}()

/// One easy handle of libcurl, used again for each transfer so that connections are kept.
///
/// HTTP and HTTPS, and SMTP for ``send(_:by:)``; certificates verified, no proxy, no signals, no
/// cookies, no credentials from files, nothing decompressed, redirects followed by
/// ``download(_:to:limits:)`` alone.
@safe
package final class Curl {
    let options: CurlOptions
    private var opened: UnsafeMutableRawPointer?
    private let errorBuffer: UnsafeMutablePointer<CChar>

    /// Costs nothing yet: most threads of `rushes serve` hardly ever call anybody.
    package init(_ options: CurlOptions) {
        self.options = options
        unsafe errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    /// Made at the first use, and kept.
    var handle: UnsafeMutableRawPointer {
        if let opened = unsafe opened { return unsafe opened }
        // Both fail for want of memory alone; there is nothing that a caller could do about it.
        precondition(isReady, "libcurl could not be initialised")
        guard let handle = unsafe curl_easy_init() else { preconditionFailure("no curl handle") }
        unsafe opened = handle
        return unsafe handle
    }

    deinit {
        if let opened = unsafe opened { unsafe curl_easy_cleanup(opened) }
        unsafe errorBuffer.deallocate()
    }

    /// Sends a request and waits for its answer, whatever its status. A redirect is an answer.
    ///
    /// The request is sent at most once, unless sending it again is harmless. Throws `.notSent`
    /// only when no byte of it can have reached the peer.
    package func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        try send(request, to: .memory, maxBytes: options.maxResponseBytes)
    }

    /// The same, with the body of a 200 written to the end of a file and not kept in memory.
    ///
    /// - Parameter maxBytes: the longest body that is taken.
    package func send(
        _ request: OutboundRequest, answerTo file: TemporaryFile, maxBytes: Int
    ) throws(TransportError) -> InboundResponse {
        try send(request, to: .file(file.descriptor), maxBytes: maxBytes)
    }

    private func send(
        _ request: OutboundRequest, to sink: Transfer.Sink, maxBytes: Int
    ) throws(TransportError) -> InboundResponse {
        guard let url = WebURL(link: request.url) else {
            throw TransportError(.refusedAddress, "not a URL that may be fetched")
        }
        let isExcepted = options.addressPolicy.isExcepted(url.origin)
        let transfer = Transfer(
            to: sink, maxBytes: maxBytes,
            isGuarded: options.addressPolicy != .any && !isExcepted)
        let limits = Limits(
            total: min(options.timeout, request.timeout ?? options.timeout),
            maxBytes: maxBytes)
        let status = try perform(request, to: url, transfer, limits, protocols: "http,https")
        return InboundResponse(
            status: .init(code: status), fields: answeredFields(), body: transfer.body)
    }

    /// The bounds of one transfer.
    struct Limits {
        let total: Duration
        let maxBytes: Int
        /// Ends a transfer that stays below this many bytes per second for this long.
        var lowSpeed: (bytesPerSecond: Int, during: Duration)?
    }

    /// Runs one transfer and returns the status of its answer. It goes to `url`, which is what was
    /// judged, and not to the text that the request has.
    func perform(
        _ request: OutboundRequest, to url: WebURL, _ transfer: Transfer, _ limits: Limits,
        protocols: String
    ) throws(TransportError) -> Int {
        try begin(url.text, limits, protocols: protocols)
        try set(CURLOPT_USERAGENT, options.userAgent)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // There are no dots left in the path; what libcurl would still change is not ours to.
        try set(CURLOPT_PATH_AS_IS, 1)
        // A handle that does one thing at a time gains nothing from streams.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        if request.readsBody { try setSize(CURLOPT_MAXFILESIZE_LARGE, limits.maxBytes) }
        if let lowSpeed = limits.lowSpeed {
            try set(CURLOPT_LOW_SPEED_LIMIT, lowSpeed.bytesPerSecond)
            try set(CURLOPT_LOW_SPEED_TIME, max(1, lowSpeed.during.milliseconds / 1000))
        }

        let source = request.file.map { UploadSource(.file($0)) }
        try setMethodAndBody(of: request, source)
        let fields = try unsafe list(of: request.fields, isUpload: source != nil)
        defer { unsafe curl_slist_free_all(fields) }
        try unsafe checkSetting(rushes_curl_set_list(handle, CURLOPT_HTTPHEADER, fields))
        try setCallbacks(to: transfer)
        if !request.readsBody { try endAfterFields(transfer) }

        do {
            try withExtendedLifetime(source) { () throws(TransportError) in try run(transfer) }
        } catch {
            // Whatever happened to the rest: this is what the peer has answered.
            guard !request.readsBody, status >= 200 else { throw error }
        }
        return status
    }

    /// Ends the transfer once the fields of its answer are over.
    private func endAfterFields(_ transfer: Transfer) throws(TransportError) {
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        try unsafe checkSetting(
            rushes_curl_set_header(
                handle,
                { bytes, size, count, context in
                    guard let context = unsafe context else { return 0 }
                    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
                    let isOver = unsafe Unmanaged<Transfer>.fromOpaque(context)
                        .takeUnretainedValue()
                        .endsAnswer(line)
                    return isOver ? 0 : size * count
                }, context))
    }

    /// Makes the handle ready for a transfer of any protocol: what holds for all of them.
    func begin(_ url: String, _ limits: Limits, protocols: String) throws(TransportError) {
        // Clears what the last transfer has set; connections, names and TLS sessions stay.
        unsafe curl_easy_reset(handle)
        unsafe errorBuffer[0] = 0
        try unsafe checkSetting(rushes_curl_set_error_buffer(handle, errorBuffer))
        // The buffer stays with the handle until the next reset; nothing writes to it in between.

        try set(CURLOPT_URL, url)
        try set(CURLOPT_PROTOCOLS_STR, protocols)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        // Empty means none at all, even if the environment names one (httpoxy).
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let caFile = options.caFile { try set(CURLOPT_CAINFO, caFile) }
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        try set(CURLOPT_TIMEOUT_MS, limits.total.milliseconds)
    }

    /// Runs the transfer that the handle was made ready for.
    func run(_ transfer: Transfer) throws(TransportError) {
        let code = withExtendedLifetime(transfer) { unsafe curl_easy_perform(handle) }
        guard code == CURLE_OK else { throw failure(code, transfer) }
    }

    private func setMethodAndBody(
        of request: OutboundRequest, _ source: UploadSource?
    ) throws(TransportError) {
        switch request.method {
        case .get where request.body == nil && source == nil: try set(CURLOPT_HTTPGET, 1)
        case .head: try set(CURLOPT_NOBODY, 1)
        default:
            if let source {
                try setSource(source)
            } else if let body = request.body ?? (request.method == .post ? [] : nil) {
                try set(CURLOPT_POST, 1)
                try setSize(CURLOPT_POSTFIELDSIZE_LARGE, body.count)
                try set(CURLOPT_COPYPOSTFIELDS, body.map(CChar.init(bitPattern:)) + [0])
            }
            if request.method != .post || source != nil {
                try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            }
            // On a kept connection that dies without an answer libcurl sends the request again
            // by itself (Curl_retry_request), although the peer may have acted on it: a second
            // paid video. On a fresh connection it never does.
            if !request.fields.contains(where: { $0.name.canonicalName == "idempotency-key" }) {
                try set(CURLOPT_FRESH_CONNECT, 1)
            }
        }
    }

    /// Sends what `source` gives, as long as it is. The source has to live until libcurl has returned.
    func setSource(_ source: UploadSource) throws(TransportError) {
        try set(CURLOPT_UPLOAD, 1)
        try setSize(CURLOPT_INFILESIZE_LARGE, source.sizeBytes)
        let context = unsafe Unmanaged.passUnretained(source).toOpaque()
        try unsafe checkSetting(
            rushes_curl_set_read(
                handle,
                { buffer, size, count, context in
                    guard let context = unsafe context, let buffer = unsafe buffer else {
                        return rushes_curl_read_abort()
                    }
                    let room = unsafe UnsafeMutableRawBufferPointer(
                        start: buffer, count: size * count)
                    return unsafe Unmanaged<UploadSource>.fromOpaque(context)
                        .takeUnretainedValue().read(into: room) ?? rushes_curl_read_abort()
                }, context))
    }

    func setCallbacks(to transfer: Transfer) throws(TransportError) {
        // Not retained: `perform` keeps the transfer alive until libcurl has returned.
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        try unsafe checkSetting(
            rushes_curl_set_open_socket(
                handle,
                { context, _, address in
                    guard let context = unsafe context, let address = unsafe address else {
                        return rushes_curl_bad_socket()
                    }
                    return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .openSocket(address)
                }, context))
        try unsafe checkSetting(
            rushes_curl_set_write(
                handle,
                { bytes, size, count, context in
                    guard let context = unsafe context else { return 0 }
                    let isTaken = unsafe Unmanaged<Transfer>.fromOpaque(context)
                        .takeUnretainedValue()
                        .receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
                    return isTaken ? size * count : 0
                }, context))
        transfer.currentStatus = { [unowned self] in status }
    }

    /// The status of the answer that is coming in, or of the last one.
    var status: Int {
        var status = 0
        guard unsafe rushes_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK
        else { return 0 }
        return status
    }

    /// The value of a piece of information about the last transfer; nil when there is none.
    func string(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard unsafe rushes_curl_get_string(handle, info, &value) == CURLE_OK,
            let value = unsafe value
        else { return nil }
        return unsafe String(cString: value)
    }

    /// The fields of the last answer. One whose name is no token is left out.
    func answeredFields() -> HTTPFields {
        var fields = HTTPFields()
        var header: UnsafeMutablePointer<curl_header>?
        while true {
            unsafe header = curl_easy_nextheader(handle, UInt32(CURLH_HEADER), -1, header)
            guard let header = unsafe header else { return fields }
            if let name = unsafe HTTPField.Name(String(cString: header.pointee.name)) {
                fields.append(
                    HTTPField(name: name, value: unsafe String(cString: header.pointee.value)))
            }
        }
    }

    /// The fields as libcurl takes them. The caller frees the list.
    private func list(
        of fields: HTTPFields, isUpload: Bool
    ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
        // "Name:" would remove a field; "Name;" sends it empty (CURLOPT_HTTPHEADER(3)).
        var lines = fields.map { field in
            field.value.isEmpty
                ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)"
        }
        // Or libcurl waits up to a second to be told to go on.
        if isUpload { lines.append("Expect:") }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw TransportError(.notSent, "out of memory")
            }
            unsafe list = longer
        }
        return unsafe list
    }

    func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
        try unsafe checkSetting(rushes_curl_set_long(handle, option, value))
    }

    func setSize(_ option: CURLoption, _ value: Int) throws(TransportError) {
        try unsafe checkSetting(rushes_curl_set_size(handle, option, curl_off_t(value)))
    }

    func set(_ option: CURLoption, _ value: String) throws(TransportError) {
        try unsafe checkSetting(rushes_curl_set_bytes(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: [CChar]) throws(TransportError) {
        try unsafe checkSetting(rushes_curl_set_bytes(handle, option, value))
    }

    func checkSetting(_ code: CURLcode) throws(TransportError) {
        guard code == CURLE_OK else {
            throw TransportError(.notSent, unsafe String(cString: curl_easy_strerror(code)))
        }
    }

    private func failure(_ code: CURLcode, _ transfer: Transfer) -> TransportError {
        TransportError(kind(of: code, transfer), message(for: code, transfer))
    }

    private func kind(of code: CURLcode, _ transfer: Transfer) -> TransportError.Kind {
        if transfer.isTooLarge || code == CURLE_FILESIZE_EXCEEDED { return .tooLarge }
        if transfer.hasRefusedAddress, code == CURLE_COULDNT_CONNECT { return .refusedAddress }
        // How many bytes of the request were handed to the kernel or to TLS.
        var sentBytes = 0
        guard unsafe rushes_curl_get_long(handle, CURLINFO_REQUEST_SIZE, &sentBytes) == CURLE_OK,
            sentBytes == 0
        else { return .unknown }
        switch code {
        // The same code also means an answer in HTTP/0.9, but only after a request.
        case CURLE_UNSUPPORTED_PROTOCOL:
            return .refusedAddress
        case CURLE_URL_MALFORMAT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
            CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_LOGIN_DENIED,
            CURLE_OPERATION_TIMEDOUT:
            return .notSent
        default:
            return .unknown
        }
    }

    private func message(for code: CURLcode, _ transfer: Transfer) -> String {
        if let writeError = transfer.writeError {
            return unsafe "writing the file failed: \(String(cString: strerror(writeError)))"
        }
        if transfer.isTooLarge { return "the answer is larger than we take" }
        if transfer.hasRefusedAddress, code == CURLE_COULDNT_CONNECT {
            return "the host has no address that may be connected to"
        }
        let detail = unsafe String(cString: errorBuffer)
        return detail.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : detail
    }
}

// A handle may be used by one thread at a time (libcurl-thread(3)), and connections are kept for
// the thread that opened them.
@available(*, unavailable)
extension Curl: Sendable {}

extension Duration {
    /// Whole milliseconds, at least one: zero would mean "no limit" to libcurl.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
