import Domain
package import MariaDB

extension Connection {
    /// Writes the steps of a new version of the catalog: those of the old one, but of one tier others.
    func copyCostSteps(
        _ old: Int, to new: Int, with changed: (tier: String, steps: [CostStep])?
    ) throws {
        try execute(
            """
            INSERT INTO cost_steps (catalog_version, tier, from_seconds, cost_per_second_micros)
            SELECT \(new), tier, from_seconds, cost_per_second_micros
            FROM cost_steps
            WHERE catalog_version = \(old) AND NOT tier <=> \(changed?.tier)
            """)
        guard let changed else { return }
        for step in changed.steps {
            try execute(
                """
                INSERT INTO cost_steps (catalog_version, tier, from_seconds, cost_per_second_micros)
                VALUES (\(new), \(changed.tier), \(step.fromSeconds), \(step.costPerSecond))
                """)
        }
    }

    /// By tier, each by rising seconds.
    func costSteps(version: Int) throws -> [String: [CostStep]] {
        let rows = try query(
            """
            SELECT tier, from_seconds, cost_per_second_micros
            FROM cost_steps
            WHERE catalog_version = \(version)
            ORDER BY tier, from_seconds
            """
        ) { row in
            try (
                row("tier") as String,
                CostStep(
                    fromSeconds: row("from_seconds"), costPerSecond: row("cost_per_second_micros"))
            )
        }
        return Dictionary(grouping: rows, by: \.0).mapValues { $0.map(\.1) }
    }

    /// How many seconds of each tier's videos were delivered in the month (UTC) so far, by the
    /// figures of `work`: what the vendor's price by volume goes by.
    package func secondsMadeThisMonth() throws -> [String: Int] {
        let rows = try query(
            """
            SELECT tier, SUM(video_seconds) AS seconds
            FROM daily_figures
            WHERE day >= UTC_DATE() - INTERVAL (DAYOFMONTH(UTC_DATE()) - 1) DAY AND tier <> ''
            GROUP BY tier
            """
        ) { row in try (row("tier") as String, row("seconds") as Int) }
        return Dictionary(rows, uniquingKeysWith: +)
    }
}
