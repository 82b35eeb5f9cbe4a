package import MariaDB

/// What the ledger says of each thing that caches it: columns of a SELECT from `ledger_entries`.
extension SQL {
    /// The balances of an account.
    static let ledgerBalances: SQL = """
        SUM(amount_micros * ((credit_account = 'available') - (debit_account = 'available')))
            AS available,
        SUM(amount_micros * ((credit_account = 'held') - (debit_account = 'held'))) AS held,
        SUM(amount_micros * ((credit_account = 'frozen') - (debit_account = 'frozen'))) AS frozen,
        SUM(amount_micros * ((debit_account = 'shortfall') - (credit_account = 'shortfall')))
            AS shortfall
        """

    /// A line that takes another back, by an operator's hand (A4).
    static let isReversal: SQL = "(kind = 'adjust' AND op_key LIKE 'reverse:%')"

    /// The parts of a lot. A line that takes another back leaves no part of its own.
    static let ledgerParts: SQL = """
        SUM(amount_micros * ((credit_account IN ('available', 'frozen'))
            - (debit_account IN ('available', 'frozen')))) AS remaining,
        SUM(amount_micros * ((credit_account = 'held') - (debit_account = 'held'))) AS held,
        SUM(amount_micros * ((credit_account IN ('revenue', 'shortfall'))
            - (debit_account IN ('revenue', 'shortfall')))) AS spent,
        SUM(amount_micros * ((credit_account = 'breakage') - (debit_account = 'breakage')))
            AS expired,
        SUM(amount_micros * ((credit_account = 'returns') - (debit_account = 'returns')))
            AS clawed_back,
        SUM(amount_micros * ((debit_account = 'available' AND credit_account = 'adjustments')
            - (debit_account = 'adjustments' AND credit_account = 'available'
                AND \(sql: isReversal)))) AS taken,
        SUM(amount_micros * (kind IN ('credit', 'bonus', 'grant')
            OR (debit_account = 'adjustments' AND credit_account = 'available'
                AND NOT \(sql: isReversal)))
            - amount_micros * (debit_account = 'available'
                AND credit_account IN ('payments', 'promotions'))) AS granted
        """

    /// The hold of a job and its ends.
    package static let ledgerEnds: SQL = """
        SUM(amount_micros * ((kind = 'hold') - (\(sql: isReversal)
            AND debit_account = 'held' AND credit_account = 'available'))) AS held,
        SUM(amount_micros * ((kind = 'settle') - (\(sql: isReversal)
            AND debit_account = 'revenue'))) AS settled,
        SUM(amount_micros * ((kind = 'release') - (\(sql: isReversal)
            AND debit_account = 'available' AND credit_account = 'held'))) AS released
        """

    /// What a purchase has brought: credit and bonus.
    static let ledgerCredits: SQL = """
        SUM(amount_micros * ((kind = 'credit')
            - (\(sql: isReversal) AND credit_account = 'payments'))) AS credited,
        SUM(amount_micros * ((kind = 'bonus')
            - (\(sql: isReversal) AND credit_account = 'promotions'))) AS given
        """

    /// What of a purchase's credit went back, and what of that is owed.
    static let ledgerReversals: SQL = """
        SUM(amount_micros * ((credit_account = 'returns')
            - (debit_account = 'returns'))) AS clawed_back,
        SUM(amount_micros * ((debit_account = 'shortfall' AND credit_account = 'returns')
            - (debit_account = 'returns' AND credit_account IN ('shortfall', 'adjustments'))))
            AS owed
        """
}
