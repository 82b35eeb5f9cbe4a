import API
import Domain
import HTTP
import HTTPTypes
import Sodium
import Store
import Texts

extension Request {
    /// The caller's key for this call, with the hash of all that it names.
    func clientKey(body: [UInt8]) throws -> ClientKey? {
        guard let key = try single("HTTP_IDEMPOTENCY_KEY", "Idempotency-Key"), !key.isEmpty else {
            return nil
        }
        guard key.utf8.count <= 255, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw InvalidInput("Idempotency-Key", .keyMalformed)
        }
        var hash = SHA256()
        hash.update("\(method.rawValue) \(path)\n".utf8)
        hash.update(body)
        return ClientKey(key: key, requestHash: hash.finalize())
    }
}
