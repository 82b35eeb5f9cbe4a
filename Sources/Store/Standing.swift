import Domain
import FoundationEssentials
import MariaDB
import Texts

/// What was found wrong stands until it is gone by itself or a person closes it (A3, R1): a row of
/// `findings` or of `differences`.
struct Standing {
    /// The table, and what its rows are called in the log.
    let table: SQL
    let noun: String
    /// What people are told of a row that cannot be closed any more.
    let gone: Phrase.Name
    let closed: Phrase.Name
    /// What the log says of a row, in its columns.
    let words: SQL

    static let findings = Standing(
        table: "findings", noun: "finding", gone: .findingGone, closed: .findingClosed,
        words: "CONCAT(rule, ': ', detail)")
    static let differences = Standing(
        table: "differences", noun: "difference", gone: .differenceGone,
        closed: .differenceClosed, words: "CONCAT(kind, ' ', subject)")
}

extension Connection {
    /// Closes a row by a person's word, and writes that down. Returns false when the same command
    /// has done so before (P7). Throws ``NotFound``, and ``Conflict`` when the row is closed or gone
    /// already.
    ///
    /// The caller has begun the transaction.
    func close<Kind>(
        _ id: ID<Kind>, of standing: Standing, by actor: Operator
    ) throws -> Bool {
        let found = try first(
            """
            SELECT \(sql: standing.words) AS words, gone_at, closed_at
            FROM \(sql: standing.table)
            WHERE id = \(id)
            FOR UPDATE
            """
        ) { row in
            (
                words: try row("words") as String, isGone: try (row("gone_at") as Date?) != nil,
                isClosed: try (row("closed_at") as Date?) != nil
            )
        }
        guard let found else { throw NotFound() }
        let action = "\(standing.noun).close"
        let before = try claim(action, "\(id)", arguments: "", result: "", by: actor)
        guard before == nil else { return false }
        guard !found.isGone else { throw Conflict(standing.gone) }
        guard !found.isClosed else { throw Conflict(standing.closed) }
        try execute(
            "UPDATE \(sql: standing.table) SET closed_at = UTC_TIMESTAMP(6) WHERE id = \(id)")
        try log(action, "\(id)", detail: found.words, by: actor)
        return true
    }
}
