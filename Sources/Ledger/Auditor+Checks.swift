import MariaDB

extension Connection {
    /// All balances sum to zero (L3) where each wallet is what the ledger says (L4), and every line
    /// of the ledger moves an amount between two accounts and belongs to a wallet: then one wallet
    /// that is wrong is a finding about its account, and not about the whole (A3).
    static let checks: [Check] = [
        Check("L3", .whole, .entries) { part in
            """
            SELECT CONCAT('the ledger has ', COUNT(*), ' lines of ', ledger_entries.account_id,
                    ', which has no wallet') AS finding,
                CONCAT('account ', ledger_entries.account_id) AS subject
            FROM ledger_entries
            LEFT JOIN wallets ON wallets.account_id = ledger_entries.account_id
            WHERE wallets.account_id IS NULL AND \(sql: part.rows)
            GROUP BY ledger_entries.account_id
            """
        },
        Check("L3", .whole, .entries) { part in
            """
            SELECT CONCAT('the line ', op_key, ', leg ', leg, ' moves ', amount_micros, ' from ',
                    debit_account, ' to ', credit_account) AS finding,
                CONCAT('entry ', id) AS subject
            FROM ledger_entries
            WHERE (amount_micros <= 0 OR debit_account = credit_account) AND \(sql: part.rows)
            """
        },
        Check("L4", .account, .wallets) { part in
            """
            SELECT CONCAT('wallet ', wallets.account_id, ': available ', available_micros,
                ', ledger ', COALESCE(available, 0), '; held ', held_micros,
                ', ledger ', COALESCE(held, 0), '; frozen ', frozen_micros,
                ', ledger ', COALESCE(frozen, 0), '; shortfall ', shortfall_micros,
                ', ledger ', COALESCE(shortfall, 0)) AS finding,
                CONCAT('wallet ', wallets.account_id) AS subject, wallets.account_id
            FROM wallets
            LEFT JOIN (\(sql: part.balances)) AS ledger ON ledger.account_id = wallets.account_id
            WHERE (available_micros <> COALESCE(available, 0) OR held_micros <> COALESCE(held, 0)
                OR frozen_micros <> COALESCE(frozen, 0)
                OR shortfall_micros <> COALESCE(shortfall, 0)) AND \(sql: part.rows)
            """
        },
        Check("L4", .account, .lots) { part in
            """
            SELECT CONCAT('lot ', credit_lots.id, ': remaining ', remaining_micros,
                ', ledger ', COALESCE(remaining, 0), '; held ', held_micros,
                ', ledger ', COALESCE(held, 0), '; spent ', spent_micros,
                ', ledger ', COALESCE(spent, 0), '; expired ', expired_micros,
                ', ledger ', COALESCE(expired, 0), '; clawed back ', clawed_back_micros,
                ', ledger ', COALESCE(clawed_back, 0), '; taken ', taken_micros,
                ', ledger ', COALESCE(taken, 0)) AS finding,
                CONCAT('lot ', credit_lots.id) AS subject, credit_lots.account_id
            FROM credit_lots
            LEFT JOIN (\(sql: part.lotParts)) AS ledger ON ledger.lot_id = credit_lots.id
            WHERE (remaining_micros <> COALESCE(remaining, 0)
                OR held_micros <> COALESCE(held, 0) OR spent_micros <> COALESCE(spent, 0)
                OR expired_micros <> COALESCE(expired, 0)
                OR clawed_back_micros <> COALESCE(clawed_back, 0)
                OR taken_micros <> COALESCE(taken, 0)) AND \(sql: part.rows)
            """
        },
        Check("L4", .account, .wallets) { part in
            """
            SELECT CONCAT('wallet ', wallets.account_id, ': lots sum to ', COALESCE(lots, 0),
                ', transactions to ', COALESCE(total, 0), ', available is ', available_micros)
                AS finding, CONCAT('lines of ', wallets.account_id) AS subject, wallets.account_id
            FROM wallets
            LEFT JOIN (
                SELECT account_id, SUM(IF(frozen_at IS NULL, remaining_micros, 0)) AS lots
                FROM credit_lots
                WHERE \(sql: part.sources)
                GROUP BY account_id
            ) AS credit_lots ON credit_lots.account_id = wallets.account_id
            LEFT JOIN (\(sql: part.lines)) AS transactions
                ON transactions.account_id = wallets.account_id
            WHERE (available_micros <> COALESCE(lots, 0) OR available_micros <> COALESCE(total, 0))
                AND \(sql: part.rows)
            """
        },
        Check("L6", .account, .wallets) { part in
            """
            SELECT CONCAT('wallet ', account_id, ' is below zero') AS finding,
                CONCAT('wallet ', account_id) AS subject, account_id
            FROM wallets
            WHERE (available_micros < 0 OR held_micros < 0 OR frozen_micros < 0
                OR shortfall_micros < 0) AND \(sql: part.rows)
            """
        },
        Check("C1", .account, .lots) { part in
            """
            SELECT CONCAT('lot ', id, ' does not add up to what was granted') AS finding,
                CONCAT('lot ', id) AS subject, account_id
            FROM credit_lots
            WHERE granted_micros <> remaining_micros + held_micros + spent_micros
                + expired_micros + clawed_back_micros + taken_micros AND \(sql: part.rows)
            """
        },
        Check("J2", .account, .jobs) { part in
            """
            SELECT CONCAT('job ', video_jobs.id, ' is ', state, ', price ', user_charged_micros,
                ': held ', COALESCE(held, 0), ', settled ', COALESCE(settled, 0),
                ', released ', COALESCE(released, 0)) AS finding,
                CONCAT('job ', video_jobs.id) AS subject, video_jobs.account_id
            FROM video_jobs
            LEFT JOIN (
                SELECT job_id, \(sql: .ledgerEnds)
                FROM ledger_entries
                WHERE job_id IS NOT NULL AND \(sql: part.sources)
                GROUP BY job_id
            ) AS ledger ON ledger.job_id = video_jobs.id
            WHERE (COALESCE(held, 0) <> user_charged_micros
                OR COALESCE(settled, 0) <> IF(state = 'delivered', user_charged_micros, 0)
                OR COALESCE(released, 0) <> IF(state = 'refunded', user_charged_micros, 0))
                AND \(sql: part.rows)
            """
        },
        Check("J2", .account, .wallets) { part in
            """
            SELECT CONCAT('wallet ', wallets.account_id, ': held ', held_micros, ', open jobs ',
                COALESCE(open_jobs, 0)) AS finding,
                CONCAT('held of ', wallets.account_id) AS subject, wallets.account_id
            FROM wallets
            LEFT JOIN (
                SELECT account_id, SUM(user_charged_micros) AS open_jobs
                FROM video_jobs
                WHERE status IN ('pending', 'processing') AND \(sql: part.sources)
                GROUP BY account_id
            ) AS jobs ON jobs.account_id = wallets.account_id
            WHERE held_micros <> COALESCE(open_jobs, 0) AND \(sql: part.rows)
            """
        },
        Check("J9", .lateness, .deadlines) { _ in
            """
            SELECT CONCAT('job ', id, ' is ', state, ' since ', state_at, ', past its deadline ',
                deadline_at) AS finding, CONCAT('job ', id) AS subject
            FROM video_jobs
            WHERE state NOT IN ('delivered', 'refunded')
                AND deadline_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE
            """
        },
        Check("P1", .account, .purchases) { part in
            """
            SELECT CONCAT('purchase ', purchases.id, ' is ', state, ': credited ',
                COALESCE(credited + given, 0), ' of ', credits_micros + bonus_micros) AS finding,
                CONCAT('purchase ', purchases.id) AS subject, purchases.account_id
            FROM purchases
            LEFT JOIN (
                SELECT purchase_id, \(sql: .ledgerCredits)
                FROM ledger_entries
                WHERE purchase_id IS NOT NULL AND \(sql: part.sources)
                GROUP BY purchase_id
            ) AS ledger ON ledger.purchase_id = purchases.id
            WHERE COALESCE(credited + given, 0)
                <> IF(paid_at IS NULL, 0, credits_micros + bonus_micros) AND \(sql: part.rows)
            """
        },
        Check("P3", .account, .purchases) { part in
            """
            SELECT CONCAT('purchase ', purchases.id, ': clawed back ', clawback_micros, ', lots ',
                clawed_back, ', owed ', owed_micros, '; pending ', pending_micros, ', held ', held,
                '; frozen ', is_frozen, ', ', frozen, ' of ', lots, ' lots') AS finding,
                CONCAT('purchase ', purchases.id) AS subject, purchases.account_id
            FROM purchases
            JOIN (
                SELECT purchase_id, SUM(clawed_back_micros) AS clawed_back,
                    SUM(held_micros) AS held, SUM(frozen_at IS NOT NULL) AS frozen,
                    COUNT(*) AS lots
                FROM credit_lots
                WHERE purchase_id IS NOT NULL AND \(sql: part.sources)
                GROUP BY purchase_id
            ) AS credit_lots ON credit_lots.purchase_id = purchases.id
            WHERE (clawback_micros <> clawed_back + owed_micros OR pending_micros > held
                OR frozen <> IF(is_frozen, lots, 0)) AND \(sql: part.rows)
            """
        },
        // What is gone or waits is the credit of the money that went back: of all refunds by
        // Stripe's running total, and of the disputes lost. In proportion, half up to the cent,
        // as `Purchase.credit(for:)` has it.
        Check("P6", .account, .purchases) { part in
            """
            SELECT CONCAT('purchase ', id, ': clawed back ', clawback_micros, ' and waiting ',
                pending_micros, ', due for ', gone, ' of ', price_micros, ': ', due) AS finding,
                CONCAT('purchase ', id) AS subject, account_id
            FROM (
                SELECT id, account_id, clawback_micros, pending_micros, price_micros, gone,
                    IF(gone >= price_micros, total,
                        (CAST(total AS DECIMAL(38)) * gone + price_micros * 5000)
                            DIV (price_micros * 10000) * 10000) AS due
                FROM (
                    SELECT purchases.id, account_id, clawback_micros, pending_micros, price_micros,
                        credits_micros + bonus_micros AS total,
                        LEAST(price_micros, refunded_micros + COALESCE(lost, 0)) AS gone
                    FROM purchases
                    LEFT JOIN (
                        SELECT purchase_id, SUM(amount_micros) AS lost
                        FROM disputes
                        WHERE standing = 'lost' AND \(sql: part.disputes)
                        GROUP BY purchase_id
                    ) AS disputes ON disputes.purchase_id = purchases.id
                    WHERE paid_at IS NOT NULL AND \(sql: part.rows)
                ) AS reversed
            ) AS purchases
            WHERE clawback_micros + pending_micros <> due
            """
        },
    ]
}

// What the rows are compared with.
extension CheckPart {
    /// The balances of accounts: `account_id`, `available`, `held`, `frozen`, `shortfall`.
    fileprivate var balances: SQL {
        guard let sealedEnd else {
            return """
                SELECT account_id, \(sql: .ledgerBalances)
                FROM ledger_entries
                WHERE \(sql: sources)
                GROUP BY account_id
                """
        }
        return """
            SELECT account_id, SUM(available) AS available, SUM(held) AS held,
                SUM(frozen) AS frozen, SUM(shortfall) AS shortfall
            FROM (
                SELECT account_id, available_micros AS available, held_micros AS held,
                    frozen_micros AS frozen, shortfall_micros AS shortfall
                FROM ledger_heads
                JOIN ledger_checkpoints USING (account_id, number)
                WHERE \(sql: sources)
                UNION ALL
                SELECT account_id, \(sql: .ledgerBalances)
                FROM ledger_entries FORCE INDEX (idx_account)
                WHERE \(sql: sources) AND \(sql: isUnsealed(from: sealedEnd))
                GROUP BY account_id
            ) AS parts
            GROUP BY account_id
            """
    }

    /// The parts of lots: `lot_id`, and those of ``MariaDB/SQL/ledgerParts``.
    fileprivate var lotParts: SQL {
        guard let sealedEnd else {
            return """
                SELECT lot_id, \(sql: .ledgerParts)
                FROM ledger_entries
                WHERE lot_id IS NOT NULL AND \(sql: sources)
                GROUP BY lot_id
                """
        }
        return """
            SELECT lot_id, SUM(remaining) AS remaining, SUM(held) AS held, SUM(spent) AS spent,
                SUM(expired) AS expired, SUM(clawed_back) AS clawed_back, SUM(taken) AS taken
            FROM (
                SELECT lot_id, remaining_micros AS remaining, held_micros AS held,
                    spent_micros AS spent, expired_micros AS expired,
                    clawed_back_micros AS clawed_back, taken_micros AS taken, 0 AS granted
                FROM ledger_lots
                WHERE \(sql: sources)
                UNION ALL
                SELECT lot_id, \(sql: .ledgerParts)
                FROM ledger_entries FORCE INDEX (idx_lot)
                WHERE \(sql: sources) AND \(sql: isUnsealed(from: sealedEnd))
                GROUP BY lot_id
            ) AS parts
            GROUP BY lot_id
            """
    }

    /// What the lines of accounts sum to: `account_id`, `total`.
    fileprivate var lines: SQL {
        guard let sealedEnd else {
            return """
                SELECT account_id, SUM(amount_micros) AS total
                FROM transactions
                WHERE \(sql: sources)
                GROUP BY account_id
                """
        }
        return """
            SELECT account_id, SUM(total) AS total
            FROM (
                SELECT account_id, lines_micros AS total
                FROM ledger_heads
                WHERE \(sql: sources)
                UNION ALL
                SELECT account_id, SUM(amount_micros)
                FROM transactions FORCE INDEX (idx_account)
                WHERE \(sql: sources) AND id >= \(sealedEnd) AND id > COALESCE((
                    SELECT last_line_id
                    FROM ledger_heads
                    WHERE ledger_heads.account_id = transactions.account_id), \(EntryID.zero))
                GROUP BY account_id
            ) AS parts
            GROUP BY account_id
            """
    }

    /// Which entries are in no checkpoint yet.
    private func isUnsealed(from sealedEnd: EntryID) -> SQL {
        """
        id >= \(sealedEnd) AND id > COALESCE((
            SELECT last_entry_id
            FROM ledger_heads
            JOIN ledger_checkpoints USING (account_id, number)
            WHERE ledger_heads.account_id = ledger_entries.account_id), \(EntryID.zero))
        """
    }
}
