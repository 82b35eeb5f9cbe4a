package import Domain
package import Ledger
package import MariaDB

extension Connection {
    /// Gives credit, with the reason that the account's users read; `actor` is who does it by hand.
    /// The same `grant` twice gives it once.
    package func grantCredit(
        _ amount: Money, to account: AccountID, reason: String, policy: CreditPolicy,
        grant: ID<CreditLot>, by actor: Operator? = nil
    ) throws {
        let opKey = "grant:\(grant)"
        try once(opKey) {
            try withWallet(of: account) { wallet in
                if let actor {
                    let before = try claim(
                        "credit.grant", "\(account)", arguments: "\(amount)", result: opKey,
                        by: actor)
                    guard before == nil else { return }
                    try log("credit.grant", "\(account)", detail: "\(amount)", by: actor)
                }
                try wallet.grant(
                    amount, policy: policy, opKey: opKey, line: .granted(reason: reason))
            }
        }
    }

    /// Lets credit lapse of up to `limit` accounts whose lots are over. Returns of how many. One whose
    /// credit cannot lapse keeps no other back; its error is thrown when nothing could.
    package func expireOverdueLots(limit: Int) throws -> Int {
        let accounts = try query(
            """
            SELECT DISTINCT account_id
            FROM credit_lots
            WHERE lapses_at <= UTC_TIMESTAMP(6)
            LIMIT \(limit)
            """
        ) { row in try row("account_id") as AccountID }
        var count = 0
        var failure: (any Error)?
        for account in accounts {
            do {
                try withWallet(of: account) { wallet in
                    try wallet.lapse()
                    try announceLowBalance(of: wallet)
                }
                count += 1
            } catch let error as DatabaseError where error.isPassing {
                throw error
            } catch {
                failure = failure ?? error
            }
        }
        if count == 0, let failure { throw failure }
        return count
    }
}
