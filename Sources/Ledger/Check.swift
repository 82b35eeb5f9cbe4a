import MariaDB

/// A query that finds what is wrong.
struct Check: Sendable {
    let rule: String
    let scope: Violation.Scope
    let about: CheckedRows
    /// Gives texts `finding` and `subject`, and of one account its `account_id`.
    let query: @Sendable (CheckPart) -> SQL

    init(
        _ rule: String, _ scope: Violation.Scope, _ about: CheckedRows,
        _ query: @escaping @Sendable (CheckPart) -> SQL
    ) {
        self.rule = rule
        self.scope = scope
        self.about = about
        self.query = query
    }
}
