package import Domain
package import MariaDB

extension SQL {
    /// The user who stands for the account, as a subquery: its owner, of several the first; the member
    /// who has been one for longest where it has none. NULL where it has no member at all.
    package static func owner(of account: AccountID) -> SQL { owner(of: "\(account)") }

    /// The same of the account in a column.
    package static func owner(of account: SQL) -> SQL {
        """
        (SELECT user_id FROM members WHERE account_id = \(sql: account)
         ORDER BY role, created_at, user_id LIMIT 1)
        """
    }
}
