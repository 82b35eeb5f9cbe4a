import Addresses
import CCurl
import Glibc
package import HTTP
import HTTPTypes

/// The bounds of a download.
package struct DownloadLimits: Sendable {
    package var maxBytes: Int
    /// For the whole way, redirects and the body at its end.
    package var timeout: Duration
    /// A transfer that stays below this for `lowSpeedTime` is given up.
    package var lowSpeedBytesPerSecond: Int
    package var lowSpeedTime: Duration
    package var maxRedirects: Int

    package init(
        maxBytes: Int, timeout: Duration = .seconds(300), lowSpeedBytesPerSecond: Int = 10_000,
        lowSpeedTime: Duration = .seconds(20), maxRedirects: Int = 5
    ) {
        self.maxBytes = maxBytes
        self.timeout = timeout
        self.lowSpeedBytesPerSecond = lowSpeedBytesPerSecond
        self.lowSpeedTime = lowSpeedTime
        self.maxRedirects = maxRedirects
    }
}

/// A file that was fetched whole.
package struct DownloadedFile: Equatable, Sendable {
    package let sizeBytes: Int
    /// `Content-Type` as the server sent it.
    package let contentType: String?
}

extension Curl {
    /// Fetches what lies at a URL into a file, which it makes or empties first.
    ///
    /// Only a 200 whose body came whole is a success, and then the file is on the disk (`fsync`).
    /// After any failure there is no file at `path`. Each hop must be HTTPS and, under
    /// ``AddressPolicy/publicOnly(exceptOrigins:)``, lead to a public address; the origins named
    /// there need neither. Throws `.tooLarge`, `.refusedAddress` also for a hop without HTTPS,
    /// and `.unknown` for every other status and for a file that could not be written.
    package func download(
        _ url: String, to path: String, limits: DownloadLimits
    ) throws(TransportError) -> DownloadedFile {
        // For the nginx that shares our group to read, and nobody else.
        let descriptor = unsafe open(
            path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw fileError("opening", errno) }
        let fetched = Result { () throws(TransportError) in
            let file = try fetch(url, to: descriptor, limits)
            guard fsync(descriptor) == 0 else { throw fileError("syncing", errno) }
            return file
        }
        let closeError = close(descriptor) == 0 ? nil : errno
        do throws(TransportError) {
            let file = try fetched.get()
            if let closeError { throw fileError("closing", closeError) }
            return file
        } catch {
            unsafe unlink(path)
            throw error
        }
    }

    /// Whether ``download(_:to:limits:)`` would try at all: the link is an address, of HTTPS or of an
    /// excepted origin. Nobody is asked.
    package func canFetch(_ link: String) -> Bool {
        guard let url = WebURL(link: link) else { return false }
        return url.origin.scheme == .https || options.addressPolicy.isExcepted(url.origin)
    }

    /// Follows redirects one by one, because each hop has its own origin to judge.
    private func fetch(
        _ url: String, to descriptor: CInt, _ limits: DownloadLimits
    ) throws(TransportError) -> DownloadedFile {
        var next = WebURL(link: url)
        let deadline = ContinuousClock.now + limits.timeout
        for _ in 0...limits.maxRedirects {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left >= .milliseconds(1) else {
                throw TransportError(.unknown, "the redirects took all the time there was")
            }
            guard let url = next else {
                throw TransportError(.refusedAddress, "not a URL that may be fetched")
            }
            let isExcepted = options.addressPolicy.isExcepted(url.origin)
            guard isExcepted || url.origin.scheme == .https else {
                throw TransportError(.refusedAddress, "not a URL of HTTPS")
            }
            let transfer = Transfer(
                to: .file(descriptor), maxBytes: limits.maxBytes,
                isGuarded: options.addressPolicy != .any && !isExcepted)
            let status = try perform(
                OutboundRequest(method: .get, url: url.text), to: url, transfer,
                Limits(
                    total: left, maxBytes: limits.maxBytes,
                    lowSpeed: (limits.lowSpeedBytesPerSecond, limits.lowSpeedTime)),
                protocols: isExcepted ? "http,https" : "https")
            switch status {
            case 200:
                return DownloadedFile(
                    sizeBytes: transfer.receivedBytes, contentType: string(CURLINFO_CONTENT_TYPE))
            case 301, 302, 303, 307, 308:
                let locations = answeredFields()[values: .location]
                guard locations.count == 1, let location = locations.first else {
                    throw TransportError(.unknown, "a redirect to nowhere")
                }
                next = url.following(location)
            default:
                throw TransportError(.unknown, "the server answered \(status)")
            }
        }
        throw TransportError(.unknown, "more than \(limits.maxRedirects) redirects")
    }

    private func fileError(_ what: String, _ code: CInt) -> TransportError {
        TransportError(
            .unknown, unsafe "\(what) the file failed: \(String(cString: strerror(code)))")
    }
}
