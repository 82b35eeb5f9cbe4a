package import Domain
package import FoundationEssentials
package import MariaDB
import Texts

package enum CodeUse {}

/// What makes sign-ins take a code after the password.
package struct SecondFactor: Sendable {
    /// What the box is for that seals its secret.
    package static let purpose = "second factor"

    package let sealedSecret: [UInt8]
    /// Nil while no code has shown that the authenticator has the secret.
    package let turnedOnAt: Date?
    fileprivate let lastStep: Int64
    fileprivate let lastUse: ID<CodeUse>?

    package var isOn: Bool { turnedOnAt != nil }

    /// Whether a code of this step may be taken: none later was, or it was this very call.
    fileprivate func takes(_ step: Int64, _ use: ID<CodeUse>) -> Bool {
        step > lastStep || (step == lastStep && lastUse == use)
    }
}

extension Connection {
    package func secondFactor(of user: UserID) throws -> SecondFactor? {
        try secondFactor(of: user, "")
    }

    private func secondFactor(of user: UserID, _ lock: SQL) throws -> SecondFactor? {
        try first(
            """
            SELECT sealed_secret, turned_on_at, last_step, last_use
            FROM second_factors
            WHERE user_id = \(user) \(sql: lock)
            """
        ) { row in
            try SecondFactor(
                sealedSecret: row("sealed_secret"), turnedOnAt: row("turned_on_at"),
                lastStep: row("last_step"), lastUse: row("last_use"))
        }
    }

    /// How many recovery codes are not used.
    package func recoveryCodesLeft(of user: UserID) throws -> Int {
        try first(
            """
            SELECT COUNT(*) AS count FROM recovery_codes
            WHERE user_id = \(user) AND used_at IS NULL
            """
        ) { row in try row("count") } ?? 0
    }

    /// Keeps a secret that is not on yet, in the place of another such. Throws ``Conflict`` when one
    /// is on.
    package func beginSecondFactor(of user: UserID, sealed: [UInt8], by mark: [UInt8]) throws {
        try transaction {
            try lockOwner(user)
            guard try secondFactor(of: user)?.isOn != true else { throw Conflict(.secondFactorOn) }
            try execute("DELETE FROM second_factors WHERE user_id = \(user)")
            try execute(
                """
                INSERT INTO second_factors (user_id, sealed_secret, sealed_by, created_at)
                VALUES (\(user), \(sealed), \(mark), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// Makes sign-ins take a code from now on, once `step` finds one of the secret: with these
    /// recovery codes. Every other session ends, and the owner is told. False for a wrong code.
    /// Throws ``Conflict`` when nothing was begun, or it is on.
    package func turnOnSecondFactor(
        of user: UserID, recovery: [[UInt8]], keeping session: [UInt8],
        step: (SecondFactor) -> Int64?
    ) throws -> Bool {
        let use = ID<CodeUse>.new()
        return try transaction {
            try lockOwner(user)
            guard let factor = try secondFactor(of: user) else {
                throw Conflict(.secondFactorNotBegun)
            }
            // Ours, when this runs again after a COMMIT whose answer was lost.
            guard !factor.isOn || factor.lastUse == use else { throw Conflict(.secondFactorOn) }
            guard !factor.isOn else { return true }
            guard let step = step(factor) else { return false }
            try execute(
                """
                UPDATE second_factors
                SET turned_on_at = UTC_TIMESTAMP(6), last_step = \(step), last_use = \(use)
                WHERE user_id = \(user)
                """)
            try replaceRecoveryCodes(of: user, by: recovery)
            try endSessions(of: user, except: session)
            try tell(.secondFactorOn, to: user, opKey: "mail:second.factor.on:\(use)")
            return true
        }
    }

    /// Uses a code up: of the authenticator, whose step `step` finds, or for recovery by its hash. Of
    /// two calls with the same code one is refused. False for a wrong one, and for a user whose
    /// sign-ins take none.
    package func useCode(
        of user: UserID, recovery: [UInt8]?, step: (SecondFactor) -> Int64?
    ) throws -> Bool {
        let use = ID<CodeUse>.new()
        return try transaction {
            guard let factor = try secondFactor(of: user, "FOR UPDATE"), factor.isOn else {
                return false
            }
            if let step = step(factor), factor.takes(step, use) {
                try execute(
                    """
                    UPDATE second_factors SET last_step = \(step), last_use = \(use)
                    WHERE user_id = \(user)
                    """)
                return true
            }
            guard let recovery else { return false }
            return try useRecoveryCode(recovery, of: user, use)
        }
    }

    private func useRecoveryCode(
        _ hash: [UInt8], of user: UserID, _ use: ID<CodeUse>
    ) throws -> Bool {
        let used = try execute(
            """
            UPDATE recovery_codes SET used_at = UTC_TIMESTAMP(6), used_by = \(use)
            WHERE user_id = \(user) AND code_hash = \(hash) AND used_at IS NULL
            """)
        guard used == 1 else {
            // Ours, when this runs again.
            return try first(
                """
                SELECT EXISTS (SELECT 1 FROM recovery_codes
                    WHERE user_id = \(user) AND code_hash = \(hash) AND used_by = \(use)) AS is_ours
                """
            ) { row in try row("is_ours") } ?? false
        }
        try tell(
            .recoveryCodeUsed(left: recoveryCodesLeft(of: user)), to: user,
            opKey: "mail:recovery.code.used:\(use)")
        return true
    }

    /// Puts new recovery codes in the place of all. Throws ``Conflict`` when sign-ins take no code.
    package func renewRecoveryCodes(of user: UserID, to hashes: [[UInt8]]) throws {
        try transaction {
            guard try secondFactor(of: user, "FOR UPDATE")?.isOn == true else {
                throw Conflict(.secondFactorOff)
            }
            try replaceRecoveryCodes(of: user, by: hashes)
        }
    }

    private func replaceRecoveryCodes(of user: UserID, by hashes: [[UInt8]]) throws {
        try execute("DELETE FROM recovery_codes WHERE user_id = \(user)")
        for hash in hashes {
            try execute(
                """
                INSERT INTO recovery_codes (user_id, code_hash, created_at)
                VALUES (\(user), \(hash), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// Makes sign-ins take the password alone, and tells the owner. Off already is no error.
    package func turnOffSecondFactor(of user: UserID) throws {
        let use = ID<CodeUse>.new()
        try transaction {
            try lockOwner(user)
            let isOn = try secondFactor(of: user)?.isOn == true
            try execute("DELETE FROM second_factors WHERE user_id = \(user)")
            guard isOn else { return }
            try tell(.secondFactorOff, to: user, opKey: "mail:second.factor.off:\(use)")
        }
    }

    /// Seals anew what another key than the present one has sealed: the secret of before is soon gone.
    /// What neither opens stays as it is, and holds no other back; its owner has the recovery codes.
    ///
    /// - Parameters:
    ///   - user: whose secret was looked at last; nil for the first.
    ///   - limit: how many are looked at.
    /// - Returns: the last that was looked at; nil when there are no more.
    package func resealSecondFactors(
        after user: UserID?, limit: Int, mark: [UInt8], reseal: ([UInt8]) -> [UInt8]?
    ) throws -> UserID? {
        let start: SQL = user.map { "AND user_id > \($0)" } ?? ""
        let old = try query(
            """
            SELECT user_id, sealed_secret FROM second_factors
            WHERE sealed_by <> \(mark) \(sql: start)
            ORDER BY user_id
            LIMIT \(limit)
            """
        ) { row in (user: try row("user_id") as UserID, sealed: try row("sealed_secret") as [UInt8])
        }
        for (user, sealed) in old {
            guard let anew = reseal(sealed) else { continue }
            try execute(
                """
                UPDATE second_factors SET sealed_secret = \(anew), sealed_by = \(mark)
                WHERE user_id = \(user) AND sealed_secret = \(sealed)
                """)
        }
        return old.count < limit ? nil : old.last?.user
    }

    /// Changes of one person's own are made one after the other.
    private func lockOwner(_ user: UserID) throws {
        try execute("SELECT id FROM users WHERE id = \(user) FOR UPDATE")
    }
}
