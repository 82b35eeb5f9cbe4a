extension DatabaseError {
    /// Whether the same may succeed in a while, with nothing changed on our side: what was to be
    /// done is kept and done again, a caller is told to come back, and nobody is told that it
    /// failed for good. The only such judgement there is.
    package var isPassing: Bool {
        switch kind {
        case .connectionLost, .unavailable, .refusedForNow, .lockTimeout, .deadlock,
            .recordChanged, .diskFull:
            true
        case .duplicateKey, .constraint, .other: false
        }
    }

    /// Whether it tells of the server rather than of one row or one statement: it may meet whoever
    /// comes next.
    package var isOutage: Bool {
        switch kind {
        case .connectionLost, .unavailable, .diskFull: true
        case .refusedForNow: !Self.ofOneStatement.contains(code)
        case .lockTimeout, .deadlock, .recordChanged, .duplicateKey, .constraint, .other: false
        }
    }

    /// The statement was killed, or ran beyond the server's own limit; its table was changed under it.
    private static let ofOneStatement: Set<Int> = [1317, 1969, 1412, 1615]
}

extension DatabaseError.Kind {
    /// What passes by itself, or by somebody's hand at the server, and what it leaves open (D3,
    /// D4). Nil for every other number.
    ///
    /// Numbers: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
    static func passing(_ code: Int) -> Self? {
        switch code {
        // The server has rolled the transaction back.
        case 1213: .deadlock
        case 1020: .recordChanged

        // The statement was undone; what came before it is still pending.
        case 1205: .lockTimeout
        // Table full, disk full, a file that could not be written.
        case 1114, 1021, 1026: .diskFull

        // The session is gone, or worth nothing any more: what the statement, or COMMIT, has done
        // is unknown.
        case  // The client library: server gone, lost, lost with details; read and write failed.
        2006, 2013, 2055, 5013, 5014,
            // Shutdown; aborted, broken or killed connection.
            1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927,
            // The node has left its cluster; the session's statements are gone.
            1047, 1243,
            // COMMIT failed, as on a node that has just lost the others.
            1180:
            .connectionLost

        // No session, so nothing was done: no such socket, host or name; too many connections, of
        // all or of this account; no thread, no memory for one more; hosts that are held off.
        case 2002, 2003, 2005, 1040, 1203, 1129, 1135: .unavailable

        // The server does not do it for now. The session is closed: the next one may reach the
        // writer that has taken over, and has no statement prepared.
        case  // Read-only: the server by its option (as a writer that was demoted), its new
        // transactions, InnoDB.
        1290, 1792, 1836, 1874,
            // The statement was killed, or ran beyond the server's own limit.
            1317, 1969,
            // No more prepared statements, statements of this hour, memory, locks, transactions.
            1461, 1226, 1037, 1038, 1041, 1206, 1637, 3015,
            // The table was changed under the statement: a migration runs.
            1412, 1615:
            .refusedForNow

        default: nil
        }
    }
}
