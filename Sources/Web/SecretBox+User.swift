package import Domain
package import Sodium
import Store

extension SecretBox {
    /// The user is sealed in with it, so that a row is no good as another's.
    package func seal(_ secret: [UInt8], of user: UserID) -> [UInt8] {
        seal(Array(user.description.utf8) + secret)
    }

    func secret(of factor: SecondFactor, of user: UserID) -> [UInt8]? {
        let name = user.description.utf8
        guard let opened = open(factor.sealedSecret), opened.starts(with: name) else { return nil }
        return Array(opened.dropFirst(name.count))
    }
}
