import API
import Domain
package import HTTP
import HTTPTypes
import Sodium
package import Store
import Texts

extension Request {
    /// The caller's key for this call, with the hash of all that it names.
    ///
    /// - Parameter caller: the person is named too. What another of the account did under the same key
    ///   is another request, and its answer is not theirs.
    package func clientKey(body: [UInt8], of caller: Caller) throws -> ClientKey? {
        guard let key = try single("HTTP_IDEMPOTENCY_KEY", "Idempotency-Key"), !key.isEmpty else {
            return nil
        }
        guard key.utf8.count <= 255, key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw InvalidInput("Idempotency-Key", .keyMalformed)
        }
        var hash = SHA256()
        hash.update("\(method.rawValue) \(path)\n".utf8)
        if let user = caller.user { hash.update("\(user.id)\n".utf8) }
        hash.update(body)
        return ClientKey(key: key, requestHash: hash.finalize())
    }
}
