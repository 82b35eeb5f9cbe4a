package import Domain
package import FoundationEssentials
package import MariaDB
import Texts

/// When a change is to hold, and what it is a change of.
package struct CatalogEdit: Sendable {
    /// The version that was looked at: a later one is not overwritten unseen.
    package let base: Int
    /// Nil: at once.
    package let validFrom: Date?
    package let isRehearsal: Bool

    package init(base: Int, validFrom: Date?, isRehearsal: Bool) {
        self.base = base
        self.validFrom = validFrom
        self.isRehearsal = isRehearsal
    }
}

extension Connection {
    /// The versions of the catalog, newest first, also those that are not valid yet; at most 100.
    package func catalogVersions() throws -> [CatalogVersion] {
        try query(
            """
            SELECT version, reason, created_by, created_at, valid_from
            FROM catalog_versions
            ORDER BY version DESC
            LIMIT 100
            """
        ) { row in
            try CatalogVersion(
                version: row("version"), reason: row("reason"), createdBy: row("created_by"),
                createdAt: row("created_at"), validFrom: row("valid_from"))
        }
    }

    /// Makes a version of the catalog in which one tier is another, once for the key (P7). What was
    /// ordered keeps its price. Throws ``NotFound``, ``InvalidInput`` for a time that is past, and
    /// ``Conflict`` when nothing differs or another version was made meanwhile.
    package func changeTier(
        _ id: String, _ change: TierChange, _ edit: CatalogEdit, by actor: Operator
    ) throws -> CatalogReport {
        try changeCatalog("catalog.tier", id, edit, by: actor) { catalog in
            guard let old = catalog.tier(id) else { throw NotFound() }
            let new = old.changed(by: change)
            let isUntried = try new.isEnabled && !old.isEnabled && !mayBeSold(new)
            let features = try json(new.features)
            let place = CatalogPlace(of: id, among: catalog.tiers.map(\.id), to: change.position)
            return CatalogStep(
                changes: new.differences(from: old) + place.differences,
                effect: try effect(of: new),
                problem: isUntried ? Conflict(.tierUntried) : nil,
                costSteps: (id, new.costSteps)
            ) { db, version in
                if new.isPopular, !old.isPopular {
                    try db.execute(
                        "UPDATE tiers SET is_popular = FALSE WHERE catalog_version = \(version)")
                }
                try db.execute(
                    """
                    UPDATE tiers
                    SET name = \(new.name), cost_per_second_micros = \(new.costPerSecond),
                        features = \(features), price_per_second_micros = \(new.pricePerSecond),
                        is_popular = \(new.isPopular), is_enabled = \(new.isEnabled)
                    WHERE catalog_version = \(version) AND id = \(id)
                    """)
                try place.take(in: "tiers", of: version, db)
            }
        }
    }

    /// Makes a version of the catalog with one tier more, the last and not on sale. Throws
    /// ``InvalidInput`` when its id is taken.
    package func addTier(
        _ new: NewTier, _ edit: CatalogEdit, by actor: Operator
    ) throws -> CatalogReport {
        let tier = new.tier
        let (durations, features, fields) = try (
            json(tier.durations), json(tier.features), json(tier.fields)
        )
        return try changeCatalog("catalog.tier.new", tier.id, edit, by: actor) { catalog in
            CatalogStep(
                changes: new.differences, effect: nil,
                problem: catalog.tier(tier.id) == nil ? nil : InvalidInput("id", .tierExists)
            ) { db, version in
                try db.execute(
                    """
                    INSERT INTO tiers
                        (catalog_version, id, position, name, model, vendor_path,
                         cost_per_second_micros, price_per_second_micros, durations, features,
                         fields, is_popular, is_enabled)
                    SELECT \(version), \(tier.id), MAX(position) + 1, \(tier.name), \(tier.model),
                        \(tier.vendorPath), \(tier.costPerSecond), \(tier.pricePerSecond),
                        \(durations), \(features), \(fields), FALSE, FALSE
                    FROM tiers
                    WHERE catalog_version = \(version)
                    """)
            }
        }
    }

    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The same of a package.
    package func changePackage(
        _ id: String, _ change: PackageChange, _ edit: CatalogEdit, by actor: Operator
    ) throws -> CatalogReport {
        try changeCatalog("catalog.package", id, edit, by: actor) { catalog in
            guard let old = catalog.package(id) else { throw NotFound() }
            let new = old.changed(by: change)
            let place = CatalogPlace(of: id, among: catalog.packages.map(\.id), to: change.position)
            return CatalogStep(
                changes: new.differences(from: old) + place.differences, effect: nil
            ) { db, version in
                if new.isPopular, !old.isPopular {
                    try db.execute(
                        "UPDATE packages SET is_popular = FALSE WHERE catalog_version = \(version)")
                }
                try db.execute(
                    """
                    UPDATE packages
                    SET price_micros = \(new.price), credits_micros = \(new.credits),
                        bonus_micros = \(new.bonus), is_popular = \(new.isPopular)
                    WHERE catalog_version = \(version) AND id = \(id)
                    """)
                try place.take(in: "packages", of: version, db)
            }
        }
    }

    private func changeCatalog(
        _ action: String, _ subject: String, _ edit: CatalogEdit, by actor: Operator,
        _ step: (Catalog) throws -> CatalogStep
    ) throws -> CatalogReport {
        try transaction {
            guard let last = try lockLastVersion() else { throw NotFound() }
            let step = try step(catalog(version: last.version))
            let words = step.changes.joined(separator: "; ")
            let version = last.version + 1
            let from = edit.validFrom.map { max($0, last.validFrom, last.now) }
            let arguments = (edit.validFrom.map { "\(words); from \($0.iso8601)" } ?? words)
            func report(_ outcome: CommandReport.Outcome, _ version: Int) -> CatalogReport {
                CatalogReport(
                    outcome: outcome, version: version,
                    validFrom: from ?? max(last.now, last.validFrom), changes: step.changes,
                    effect: step.effect)
            }
            if let before = try doneBefore(action, subject, by: actor) {
                return report(.repeated, before)
            }
            guard last.version == edit.base else { throw Conflict(.catalogChanged) }
            if let validFrom = edit.validFrom, validFrom < last.now {
                throw InvalidInput("validFrom", .timePast)
            }
            guard !step.changes.isEmpty else { throw Conflict(.nothingChanged) }
            if let problem = step.problem { throw problem }
            if edit.isRehearsal { return report(.rehearsed, version) }
            _ = try claim(
                action, subject, arguments: arguments.cut(to: 500), result: "\(version)",
                by: actor)
            try copyCatalog(last.version, to: version, validFrom: from, by: actor)
            try copyCostSteps(last.version, to: version, with: step.costSteps)
            try step.apply(self, version)
            try log(action, subject, detail: arguments, by: actor)
            return report(.done, version)
        }
    }

    /// The version that the same key made before. Throws ``IdempotencyConflict`` for another
    /// command's.
    private func doneBefore(
        _ action: String, _ subject: String, by actor: Operator
    ) throws -> Int? {
        let known = try first(
            """
            SELECT action, subject, result FROM operator_commands
            WHERE command_key = \(actor.key) FOR UPDATE
            """
        ) { row in
            try (
                action: row("action") as String, subject: row("subject") as String,
                result: row("result") as String
            )
        }
        guard let known else { return nil }
        guard known.action == action, known.subject == subject, let version = Int(known.result)
        else { throw IdempotencyConflict() }
        return version
    }

    private func lockLastVersion() throws -> (version: Int, validFrom: Date, now: Date)? {
        try first(
            """
            SELECT version, valid_from, UTC_TIMESTAMP(6) AS now
            FROM catalog_versions
            ORDER BY version DESC
            LIMIT 1
            FOR UPDATE
            """
        ) { row in
            try (version: row("version"), validFrom: row("valid_from"), now: row("now"))
        }
    }

    private func copyCatalog(
        _ old: Int, to new: Int, validFrom: Date?, by actor: Operator
    ) throws {
        try execute(
            """
            INSERT INTO catalog_versions (version, reason, created_by, created_at, valid_from)
            SELECT \(new), \(actor.reason), \(actor.userID), UTC_TIMESTAMP(6),
                GREATEST(COALESCE(\(validFrom), UTC_TIMESTAMP(6)), valid_from)
            FROM catalog_versions
            WHERE version = \(old)
            """)
        try execute(
            """
            INSERT INTO tiers
                (catalog_version, id, position, name, model, vendor_path, cost_per_second_micros,
                 price_per_second_micros, durations, features, fields, is_popular, is_enabled)
            SELECT \(new), id, position, name, model, vendor_path, cost_per_second_micros,
                price_per_second_micros, durations, features, fields, is_popular, is_enabled
            FROM tiers
            WHERE catalog_version = \(old)
            """)
        try execute(
            """
            INSERT INTO packages
                (catalog_version, id, position, price_micros, credits_micros, bonus_micros,
                 is_popular)
            SELECT \(new), id, position, price_micros, credits_micros, bonus_micros, is_popular
            FROM packages
            WHERE catalog_version = \(old)
            """)
    }

    /// What the last thirty days would have been with the tier as it is to be.
    private func effect(of tier: Tier) throws -> TierEffect {
        let sold = try query(
            """
            SELECT duration_seconds, COUNT(*) AS video_count,
                SUM(user_charged_micros) AS revenue_micros,
                SUM(COALESCE(actual_cost_micros, estimated_cost_micros)) AS cost_micros
            FROM video_jobs
            WHERE completed_at >= UTC_TIMESTAMP(6) - INTERVAL 30 DAY AND state = 'delivered'
                AND tier = \(tier.id)
            GROUP BY duration_seconds
            """
        ) { row in
            try (
                seconds: row("duration_seconds") as Int, count: row("video_count") as Int,
                revenue: row("revenue_micros") as Money, cost: row("cost_micros") as Money
            )
        }
        return TierEffect(
            videoCount: sold.reduce(0) { $0 + $1.count },
            revenue: sold.reduce(.zero) { $0 + $1.revenue },
            cost: sold.reduce(.zero) { $0 + $1.cost },
            newRevenue: sold.reduce(.zero) { $0 + tier.price(forSeconds: $1.seconds) * $1.count },
            newCost: tier.cost(forSeconds: sold.reduce(0) { $0 + $1.seconds * $1.count }))
    }
}

/// A change of the catalog, as it is told and as it is made.
private struct CatalogStep {
    let changes: [String]
    let effect: TierEffect?
    /// What stands against it.
    var problem: (any Error)?
    /// The steps of a tier that are to be.
    var costSteps: (tier: String, steps: [CostStep])?
    let apply: (Connection, Int) throws -> Void
}
