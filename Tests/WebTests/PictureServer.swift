import FoundationEssentials
import HTTP

/// Other people's servers, in memory: what lies at which address.
final class PictureServer {
    var files: [String: [UInt8]] = [:]
    var failure: TransportError.Kind = .unknown

    var fetch: Fetch {
        { [unowned self] url, path throws(TransportError) in
            guard let bytes = files[url] else { throw TransportError(failure, "nothing there") }
            do {
                try Data(bytes).write(to: URL(filePath: path))
            } catch {
                throw TransportError(.unknown, "\(error)")
            }
        }
    }
}
