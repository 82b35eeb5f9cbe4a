package import FoundationEssentials
package import MariaDB

/// One thing that the auditor found wrong, in words for the operator.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package let rule: String
    package let description: String
}

/// How much the auditor has looked at.
package struct AuditScope: Hashable, Sendable {
    package let wallets: Int
    package let lots: Int
    package let entries: Int
    package let jobs: Int
    package let purchases: Int
    /// Nil when the ledger is empty.
    package let newestEntryAt: Date?
}

extension Connection {
    /// Recomputes everything that the books promise (A1) in one consistent snapshot, and names
    /// each difference; empty when the books are clean.
    package func audit() throws -> [Violation] {
        try snapshot { try violations() }
    }

    /// The same, with what was looked at, as of the same instant.
    package func auditWithScope() throws -> (violations: [Violation], scope: AuditScope) {
        try snapshot { (try violations(), try auditScope()) }
    }

    private func violations() throws -> [Violation] {
        try Self.checks.flatMap { check in
            try query(check.query) { row in
                Violation(rule: check.rule, description: try row("finding"))
            }
        }
    }

    private func auditScope() throws -> AuditScope {
        let scope = try first(
            """
            SELECT (SELECT COUNT(*) FROM wallets) AS wallets,
                (SELECT COUNT(*) FROM credit_lots) AS lots,
                (SELECT COUNT(*) FROM ledger_entries) AS entries,
                (SELECT MAX(created_at) FROM ledger_entries) AS newest_entry_at,
                (SELECT COUNT(*) FROM video_jobs) AS jobs,
                (SELECT COUNT(*) FROM purchases) AS purchases
            """
        ) { row in
            try AuditScope(
                wallets: row("wallets"), lots: row("lots"), entries: row("entries"),
                jobs: row("jobs"), purchases: row("purchases"),
                newestEntryAt: row("newest_entry_at"))
        }
        guard let scope else { preconditionFailure("a SELECT without a table has a row") }
        return scope
    }

    /// Each query finds what is wrong, as one text column `finding`, at most 100 rows.
    private static let checks: [(rule: String, query: SQL)] = [
        (
            "L3",
            """
            SELECT CONCAT('all accounts sum to ', users + shop, ' micro-dollars, not to zero: ',
                users, ' of users, ', shop, ' of the shop') AS finding
            FROM (SELECT COALESCE(SUM(
                      available_micros + held_micros + frozen_micros - shortfall_micros), 0)
                      AS users
                  FROM wallets) AS wallets,
                (SELECT COALESCE(SUM(amount_micros * (
                     (credit_account NOT IN ('available', 'held', 'frozen', 'shortfall'))
                     - (debit_account NOT IN ('available', 'held', 'frozen', 'shortfall')))), 0)
                     AS shop
                 FROM ledger_entries) AS ledger
            WHERE users + shop <> 0
            """
        ),
        (
            "L4",
            """
            SELECT CONCAT('wallet ', wallets.user_id, ': available ', available_micros,
                ', ledger ', COALESCE(available, 0), '; held ', held_micros,
                ', ledger ', COALESCE(held, 0), '; frozen ', frozen_micros,
                ', ledger ', COALESCE(frozen, 0), '; shortfall ', shortfall_micros,
                ', ledger ', COALESCE(shortfall, 0)) AS finding
            FROM wallets
            LEFT JOIN (
                SELECT user_id,
                    SUM(amount_micros * ((credit_account = 'available')
                        - (debit_account = 'available'))) AS available,
                    SUM(amount_micros * ((credit_account = 'held')
                        - (debit_account = 'held'))) AS held,
                    SUM(amount_micros * ((credit_account = 'frozen')
                        - (debit_account = 'frozen'))) AS frozen,
                    SUM(amount_micros * ((debit_account = 'shortfall')
                        - (credit_account = 'shortfall'))) AS shortfall
                FROM ledger_entries
                GROUP BY user_id
            ) AS ledger ON ledger.user_id = wallets.user_id
            WHERE available_micros <> COALESCE(available, 0) OR held_micros <> COALESCE(held, 0)
                OR frozen_micros <> COALESCE(frozen, 0)
                OR shortfall_micros <> COALESCE(shortfall, 0)
            LIMIT 100
            """
        ),
        (
            "L4",
            """
            SELECT CONCAT('lot ', credit_lots.id, ': remaining ', remaining_micros,
                ', ledger ', COALESCE(remaining, 0), '; held ', held_micros,
                ', ledger ', COALESCE(held, 0), '; spent ', spent_micros,
                ', ledger ', COALESCE(spent, 0), '; expired ', expired_micros,
                ', ledger ', COALESCE(expired, 0), '; clawed back ', clawed_back_micros,
                ', ledger ', COALESCE(clawed_back, 0), '; taken ', taken_micros,
                ', ledger ', COALESCE(taken, 0)) AS finding
            FROM credit_lots
            LEFT JOIN (
                SELECT lot_id,
                    SUM(amount_micros * ((credit_account IN ('available', 'frozen'))
                        - (debit_account IN ('available', 'frozen')))) AS remaining,
                    SUM(amount_micros * ((credit_account = 'held')
                        - (debit_account = 'held'))) AS held,
                    SUM(amount_micros * (credit_account IN ('revenue', 'shortfall'))) AS spent,
                    SUM(amount_micros * ((credit_account = 'breakage')
                        - (debit_account = 'breakage'))) AS expired,
                    SUM(amount_micros * ((credit_account = 'returns')
                        - (debit_account = 'returns'))) AS clawed_back,
                    SUM(amount_micros * (debit_account = 'available'
                        AND credit_account = 'adjustments')) AS taken
                FROM ledger_entries
                WHERE lot_id IS NOT NULL
                GROUP BY lot_id
            ) AS ledger ON ledger.lot_id = credit_lots.id
            WHERE remaining_micros <> COALESCE(remaining, 0)
                OR held_micros <> COALESCE(held, 0) OR spent_micros <> COALESCE(spent, 0)
                OR expired_micros <> COALESCE(expired, 0)
                OR clawed_back_micros <> COALESCE(clawed_back, 0)
                OR taken_micros <> COALESCE(taken, 0)
            LIMIT 100
            """
        ),
        (
            "L4",
            """
            SELECT CONCAT('wallet ', wallets.user_id, ': lots sum to ', COALESCE(lots, 0),
                ', transactions to ', COALESCE(total, 0), ', available is ', available_micros)
                AS finding
            FROM wallets
            LEFT JOIN (
                SELECT user_id, SUM(IF(frozen_at IS NULL, remaining_micros, 0)) AS lots
                FROM credit_lots
                GROUP BY user_id
            ) AS credit_lots ON credit_lots.user_id = wallets.user_id
            LEFT JOIN (
                SELECT user_id, SUM(amount_micros) AS total
                FROM transactions
                GROUP BY user_id
            ) AS transactions ON transactions.user_id = wallets.user_id
            WHERE available_micros <> COALESCE(lots, 0) OR available_micros <> COALESCE(total, 0)
            LIMIT 100
            """
        ),
        (
            "L6",
            """
            SELECT CONCAT('wallet ', user_id, ' is below zero') AS finding
            FROM wallets
            WHERE available_micros < 0 OR held_micros < 0 OR frozen_micros < 0
                OR shortfall_micros < 0
            LIMIT 100
            """
        ),
        (
            "C1",
            """
            SELECT CONCAT('lot ', id, ' does not add up to what was granted') AS finding
            FROM credit_lots
            WHERE granted_micros <> remaining_micros + held_micros + spent_micros
                + expired_micros + clawed_back_micros + taken_micros
            LIMIT 100
            """
        ),
        (
            "J2",
            """
            SELECT CONCAT('job ', video_jobs.id, ' is ', state, ', price ', user_charged_micros,
                ': held ', COALESCE(held, 0), ', settled ', COALESCE(settled, 0),
                ', released ', COALESCE(released, 0)) AS finding
            FROM video_jobs
            LEFT JOIN (
                SELECT job_id,
                    SUM(IF(kind = 'hold', amount_micros, 0)) AS held,
                    SUM(IF(kind = 'settle', amount_micros, 0)) AS settled,
                    SUM(IF(kind = 'release', amount_micros, 0)) AS released
                FROM ledger_entries
                WHERE job_id IS NOT NULL
                GROUP BY job_id
            ) AS ledger ON ledger.job_id = video_jobs.id
            WHERE COALESCE(held, 0) <> user_charged_micros
                OR COALESCE(settled, 0) <> IF(state = 'delivered', user_charged_micros, 0)
                OR COALESCE(released, 0) <> IF(state = 'refunded', user_charged_micros, 0)
            LIMIT 100
            """
        ),
        (
            "J2",
            """
            SELECT CONCAT('wallet ', wallets.user_id, ': held ', held_micros, ', open jobs ',
                COALESCE(open_jobs, 0)) AS finding
            FROM wallets
            LEFT JOIN (
                SELECT user_id, SUM(user_charged_micros) AS open_jobs
                FROM video_jobs
                WHERE state NOT IN ('delivered', 'refunded')
                GROUP BY user_id
            ) AS jobs ON jobs.user_id = wallets.user_id
            WHERE held_micros <> COALESCE(open_jobs, 0)
            LIMIT 100
            """
        ),
        (
            "J9",
            """
            SELECT CONCAT('job ', id, ' is ', state, ' since ', state_at, ', past its deadline ',
                deadline_at) AS finding
            FROM video_jobs
            WHERE state NOT IN ('delivered', 'refunded')
                AND deadline_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE
            LIMIT 100
            """
        ),
        (
            "P1",
            """
            SELECT CONCAT('purchase ', purchases.id, ' is ', state, ': credited ',
                COALESCE(credited, 0), ' of ', credits_micros + bonus_micros) AS finding
            FROM purchases
            LEFT JOIN (
                SELECT purchase_id, SUM(amount_micros) AS credited
                FROM ledger_entries
                WHERE kind IN ('credit', 'bonus') AND purchase_id IS NOT NULL
                GROUP BY purchase_id
            ) AS ledger ON ledger.purchase_id = purchases.id
            WHERE COALESCE(credited, 0)
                <> IF(paid_at IS NULL, 0, credits_micros + bonus_micros)
            LIMIT 100
            """
        ),
        (
            "P3",
            """
            SELECT CONCAT('purchase ', purchases.id, ': clawed back ', clawback_micros, ', lots ',
                clawed_back, ', owed ', owed_micros, '; pending ', pending_micros, ', held ', held,
                '; frozen ', is_frozen, ', ', frozen, ' of ', lots, ' lots') AS finding
            FROM purchases
            JOIN (
                SELECT purchase_id, SUM(clawed_back_micros) AS clawed_back,
                    SUM(held_micros) AS held, SUM(frozen_at IS NOT NULL) AS frozen,
                    COUNT(*) AS lots
                FROM credit_lots
                WHERE purchase_id IS NOT NULL
                GROUP BY purchase_id
            ) AS credit_lots ON credit_lots.purchase_id = purchases.id
            WHERE clawback_micros <> clawed_back + owed_micros OR pending_micros > held
                OR frozen <> IF(is_frozen, lots, 0)
            LIMIT 100
            """
        ),
        // What is gone or waits is the credit of the money that went back: of all refunds by
        // Stripe's running total, and of the disputes lost. In proportion, half up to the cent,
        // as `Purchase.credit(for:)` has it.
        (
            "P6",
            """
            SELECT CONCAT('purchase ', id, ': clawed back ', clawback_micros, ' and waiting ',
                pending_micros, ', due for ', gone, ' of ', price_micros, ': ', due) AS finding
            FROM (
                SELECT id, clawback_micros, pending_micros, price_micros, gone,
                    IF(gone >= price_micros, total,
                        (CAST(total AS DECIMAL(38)) * gone + price_micros * 5000)
                            DIV (price_micros * 10000) * 10000) AS due
                FROM (
                    SELECT purchases.id, clawback_micros, pending_micros, price_micros,
                        credits_micros + bonus_micros AS total,
                        LEAST(price_micros, refunded_micros + COALESCE(lost, 0)) AS gone
                    FROM purchases
                    LEFT JOIN (
                        SELECT purchase_id, SUM(amount_micros) AS lost
                        FROM disputes
                        WHERE standing = 'lost'
                        GROUP BY purchase_id
                    ) AS disputes ON disputes.purchase_id = purchases.id
                    WHERE paid_at IS NOT NULL
                ) AS reversed
            ) AS purchases
            WHERE clawback_micros + pending_micros <> due
            LIMIT 100
            """
        ),
    ]
}
