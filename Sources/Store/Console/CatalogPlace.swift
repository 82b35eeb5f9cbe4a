import MariaDB

/// Where a tier or a package is shown among the others.
struct CatalogPlace {
    private let ids: [String]
    let differences: [String]

    /// - Parameter position: from 1 on, the last at most; nil: where it is.
    init(of id: String, among ids: [String], to position: Int?) {
        guard let position, let old = ids.firstIndex(of: id) else {
            (self.ids, differences) = ([], [])
            return
        }
        let new = min(position, ids.count) - 1
        var moved = ids
        moved.insert(moved.remove(at: old), at: new)
        self.ids = moved
        differences = new == old ? [] : ["place: \(old + 1) -> \(new + 1)"]
    }

    func take(in table: SQL, of version: Int, _ database: Connection) throws {
        for (index, id) in ids.enumerated() {
            try database.execute(
                """
                UPDATE \(sql: table)
                SET position = \(index + 1)
                WHERE catalog_version = \(version) AND id = \(id)
                """)
        }
    }
}
