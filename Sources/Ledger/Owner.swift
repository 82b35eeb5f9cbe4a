package import Domain
package import MariaDB

extension SQL {
    /// The user who owns the account, as a subquery; of several, who signed up first.
    package static func owner(of account: AccountID) -> SQL {
        "(SELECT MIN(user_id) FROM members WHERE account_id = \(account) AND role = 'owner')"
    }
}
