package import Domain
package import MariaDB
import Store

/// Time passes in tests by moving what it is compared with into the past.
extension Connection {
    package func passDeadline(of job: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE id = \(job)
            """)
    }

    /// What a worker leaves behind that died, or was stopped for longer than its lease.
    package func passLease(of job: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE id = \(job) AND lease_until IS NOT NULL
            """)
    }

    /// The pause before the job's next look or try is over.
    package func makeDue(_ job: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE id = \(job)
            """)
    }

    /// The lot lapses `span` from now; a negative span: it has lapsed.
    package func setExpiry(of lot: LotID, in span: Duration) throws {
        let microseconds = span.components.seconds * 1_000_000
        try execute(
            """
            UPDATE credit_lots
            SET expires_at = UTC_TIMESTAMP(6) + INTERVAL \(microseconds) MICROSECOND,
                original_expires_at = expires_at
            WHERE id = \(lot)
            """)
    }

    /// The pause of all submitting, or of a tier, is over.
    package func passPause(of gate: String = "pollo") throws {
        try execute(
            """
            UPDATE vendor_gates SET paused_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE name = \(gate) AND paused_until IS NOT NULL
            """)
    }
}
