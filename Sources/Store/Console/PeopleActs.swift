package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB
import Texts

/// What an operator has noted about a person.
package struct PersonNote: Sendable {
    package let id: ID<PersonNote>
    package let actorID: UserID?
    package let systemUser: String?
    package let text: String
    package let createdAt: Date
}

extension Connection {
    /// Blocks a user: every session ends, no new one is made, and what they ordered and nobody has
    /// begun is canceled, its hold given back; credit stays. Blocking twice is no error. Returns how
    /// many videos were canceled. Throws ``NotFound``.
    package func block(
        _ user: UserID, policy: CreditPolicy, by actor: Operator
    ) throws -> Int {
        try act("user.block", on: user, by: actor) {
            try execute(
                """
                UPDATE users SET blocked_at = COALESCE(blocked_at, UTC_TIMESTAMP(6))
                WHERE id = \(user)
                """)
            try execute("DELETE FROM sessions WHERE user_id = \(user)")
        }
        return try cancelQueued(of: user, policy: policy)
    }

    /// Each in a transaction of its own: a job that a worker takes first goes its way.
    private func cancelQueued(of user: UserID, policy: CreditPolicy) throws -> Int {
        let waiting = try query(
            """
            SELECT id, account_id
            FROM video_jobs
            WHERE user_id = \(user) AND status = 'pending'
            ORDER BY id
            LIMIT 1000
            """
        ) { row in (try row("id") as VideoID, try row("account_id") as AccountID) }
        var count = 0
        for (id, account) in waiting {
            do {
                try cancel(id, of: account, policy: policy)
                count += 1
            } catch is Conflict {
                continue
            }
        }
        return count
    }

    /// Lets a blocked user in again.
    package func unblock(_ user: UserID, by actor: Operator) throws {
        try act("user.unblock", on: user, by: actor) {
            try execute("UPDATE users SET blocked_at = NULL WHERE id = \(user)")
        }
    }

    /// Ends every session of a user.
    package func endSessions(of user: UserID, by actor: Operator) throws {
        try act("user.end-sessions", on: user, by: actor) {
            try execute("DELETE FROM sessions WHERE user_id = \(user)")
        }
    }

    /// Makes the sign-ins of a user take the password alone, whose authenticator and codes are lost,
    /// and tells them. Their sessions end.
    package func resetSecondFactor(of user: UserID, by actor: Operator) throws {
        try perform("user.reset-second-factor", on: user, by: actor, arguments: "") {
            let before = try secondFactor(of: user)?.isOn == true
            let left = try recoveryCodesLeft(of: user)
            try turnOffSecondFactor(of: user)
            try execute("DELETE FROM sessions WHERE user_id = \(user)")
            return "before: \(before ? "on, \(left) recovery codes" : "off"); after: off"
        }
    }

    /// Takes an operator's word that the address is the user's; what a new account gets comes with
    /// the first proof, as by a mail's link.
    package func vouch(
        for user: UserID, credit: Money, policy: CreditPolicy, by actor: Operator
    ) throws {
        try transaction {
            if credit > .zero, let account = try account(ownedBy: user) {
                try lockWallet(of: account)
            }
            try act("user.verify", on: user, by: actor) {
                try noteProof(user, credit: credit, policy: policy)
            }
        }
    }

    /// Gives a user a part in running the shop, or takes it. Throws ``Conflict`` for the operator's own
    /// part, and for the last administrator's.
    package func setRole(of user: UserID, to role: User.Role, by actor: Operator) throws {
        guard actor.userID != user else { throw Conflict(.ownRole) }
        try transaction {
            // Locked together, so that of two who take each other's part one is left.
            let administrators = try query(
                "SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE"
            ) { row in try row("id") as UserID }
            try perform("user.role", on: user, by: actor, arguments: role.rawValue) {
                let before = try first("SELECT role FROM users WHERE id = \(user)") { row in
                    try row("role") as User.Role
                }
                guard role == .admin || administrators != [user] else {
                    throw Conflict(.lastAdministrator)
                }
                try execute("UPDATE users SET role = \(role) WHERE id = \(user)")
                return "\((before ?? role).rawValue) -> \(role.rawValue)"
            }
        }
    }

    /// Notes the reason as a remark about the user, which operators alone read.
    package func note(about user: UserID, by actor: Operator) throws {
        try act("user.note", on: user, by: actor) {
            try execute(
                """
                INSERT INTO person_notes (id, user_id, actor_id, system_user_name, text, created_at)
                VALUES (\(ID<PersonNote>.new()), \(user), \(actor.userID), \(actor.systemUser),
                    \(actor.reason), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// What was noted about a user, newest first, at most 100.
    package func notes(about user: UserID) throws -> [PersonNote] {
        try query(
            """
            SELECT id, actor_id, system_user_name, text, created_at
            FROM person_notes
            WHERE user_id = \(user)
            ORDER BY id DESC
            LIMIT 100
            """
        ) { row in
            try PersonNote(
                id: row("id"), actorID: row("actor_id"), systemUser: row("system_user_name"),
                text: row("text"), createdAt: row("created_at"))
        }
    }

    /// The same of what there is nothing more to say about.
    private func act(
        _ action: String, on user: UserID, by actor: Operator, _ effect: () throws -> Void
    ) throws {
        try perform(action, on: user, by: actor, arguments: "") {
            try effect()
            return ""
        }
    }

    /// Does what an operator wants of a user, once for the key (P7), with a line in the log, which
    /// says what `effect` returns. Throws ``NotFound`` when there is no such user, and ``Conflict``
    /// when they have left, or run a part of the shop and the operator may not act on those.
    private func perform(
        _ action: String, on user: UserID, by actor: Operator, arguments: String,
        _ effect: () throws -> String
    ) throws {
        try transaction {
            let known = try first(
                "SELECT role, left_at IS NOT NULL AS is_gone FROM users WHERE id = \(user) FOR UPDATE"
            ) { row in (role: try row("role") as User.Role, isGone: try row("is_gone") as Bool) }
            guard let known else { throw NotFound() }
            guard !known.isGone else { throw Conflict(.personLeft) }
            guard known.role == .user || actor.mayActOnOperators else {
                throw Conflict(.personRunsShop)
            }
            guard try claim(action, "\(user)", arguments: arguments, result: "", by: actor) == nil
            else { return }
            let detail = try effect()
            try log(action, "\(user)", detail: detail, by: actor)
        }
    }
}
