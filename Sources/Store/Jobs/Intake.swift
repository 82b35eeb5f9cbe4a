import Domain
import Ledger
import MariaDB

/// What there is to know of an order before it is accepted.
struct Intake {
    /// What its key was used for.
    let usedKey: UsedKey?
    /// Whether this very order was accepted before.
    let isAccepted: Bool
    let isStopped: Bool
    let isHeld: Bool
    /// Whether an operator has paused orders.
    let isPaused: Bool
    /// Of the account's last call; 0 before the first.
    let lastCall: Int
    /// Where the account's next video stands in the queue, as the database writes it.
    let turn: String
    /// How many jobs are before that.
    let jobsAhead: Int

    /// Throws ``IntakeStopped`` or ``AccountHeld`` when the auditor's last looks have found what stops
    /// it: about the whole, or about this account alone (A3).
    func requireOpen() throws {
        guard !isStopped else { throw IntakeStopped.booksAreWrong }
        guard !isHeld else { throw AccountHeld() }
    }
}

extension Connection {
    /// What there is to know of an order before it is accepted.
    func intake(
        of order: VideoOrder, from account: AccountID, under key: ClientKey?
    ) throws -> Intake {
        try query(
            "CALL order_intake(\(order.call), \(account), \(key?.key), \(Self.turnSeconds))"
        ) { row in
            try Intake(
                usedKey: UsedKey(row: row), isAccepted: row("is_accepted"),
                isStopped: row("is_stopped"), isHeld: row("is_held"),
                isPaused: row("is_paused"), lastCall: row("last_call"), turn: row("turn_at"),
                jobsAhead: row("jobs_ahead"))
        }[0]
    }
}
