package import Domain
import MariaDB

/// Which part of the books a look is about.
package enum AuditExtent: Sendable {
    case all
    /// All that belongs to these accounts, from their entries alone; deadlines excepted.
    case accounts([AccountID])
    /// Rows that moved; what grows with an account is summed from its last checkpoint on.
    case moved(MovedBooks)
}

/// What one statement of a check looks at: conditions.
struct CheckPart {
    /// Of the rows that are checked; their columns are named with their table.
    var rows: SQL = "TRUE"
    /// Of the rows that those are compared with, in a table of their own.
    var sources: SQL = "TRUE"
    /// Of disputes, which have no account.
    var disputes: SQL = "TRUE"
    /// From where on entries are added to the checkpoints' sums; nil: all are summed.
    var sealedEnd: EntryID?
}

/// Which rows a check goes over.
enum CheckedRows {
    case entries
    case wallets
    case lots
    case jobs
    case purchases
    case deadlines

    /// The statements that it takes to look at all of `extent`.
    func parts(of extent: AuditExtent) -> [CheckPart] {
        switch extent {
        case .all: [CheckPart()]
        case .accounts(let accounts): SQL.lists(of: Set(accounts)).compactMap(part(ofAccounts:))
        case .moved(let moved): parts(of: moved)
        }
    }

    private func part(ofAccounts list: SQL) -> CheckPart? {
        let rows: SQL
        switch self {
        case .entries: rows = "ledger_entries.account_id IN \(sql: list)"
        case .wallets: rows = "wallets.account_id IN \(sql: list)"
        case .lots: rows = "credit_lots.account_id IN \(sql: list)"
        case .jobs: rows = "video_jobs.account_id IN \(sql: list)"
        case .purchases: rows = "purchases.account_id IN \(sql: list)"
        case .deadlines: return nil
        }
        return CheckPart(
            rows: rows, sources: "account_id IN \(sql: list)",
            disputes: """
                purchase_id IN (
                    SELECT id
                    FROM purchases
                    WHERE account_id IN \(sql: list))
                """)
    }

    private func parts(of moved: MovedBooks) -> [CheckPart] {
        switch self {
        case .deadlines: return [CheckPart()]
        case .entries:
            return [CheckPart(rows: "ledger_entries.id >= \(moved.start)")]
                + SQL.lists(of: moved.entries).map {
                    CheckPart(rows: "ledger_entries.id IN \(sql: $0)")
                }
        case .wallets:
            return SQL.lists(of: moved.accounts).map {
                CheckPart(
                    rows: "wallets.account_id IN \(sql: $0)", sources: "account_id IN \(sql: $0)",
                    sealedEnd: moved.sealedEnd)
            }
        case .lots:
            return SQL.lists(of: moved.lots).map {
                CheckPart(
                    rows: "credit_lots.id IN \(sql: $0)", sources: "lot_id IN \(sql: $0)",
                    sealedEnd: moved.sealedEnd)
            }
        case .jobs:
            return SQL.lists(of: moved.jobs).map {
                CheckPart(rows: "video_jobs.id IN \(sql: $0)", sources: "job_id IN \(sql: $0)")
            }
        case .purchases:
            return SQL.lists(of: moved.purchases).map {
                CheckPart(
                    rows: "purchases.id IN \(sql: $0)", sources: "purchase_id IN \(sql: $0)",
                    disputes: "purchase_id IN \(sql: $0)")
            }
        }
    }
}
