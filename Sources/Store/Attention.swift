package import Domain
package import FoundationEssentials
package import MariaDB

/// Something that a person has to look at.
package struct AttentionItem: Sendable {
    package enum Kind: String, CaseIterable, Sendable, SQLConvertible {
        /// Something fails for this job alone, again and again.
        case parkedVideo = "parked_video"
        /// Whether the vendor made the video is not known.
        case uncertainVideo = "uncertain_video"
        /// The vendor made, and billed, a video that was refunded, or does not tell that it did not.
        case vendorLoss = "vendor_loss"
        /// A payment does not fit its order.
        case purchaseProblem = "purchase_problem"
        /// Nobody has answered it.
        case dispute
        /// Money that should go back did not.
        case refundFailed = "refund_failed"
        /// Our books and a vendor's disagree.
        case difference
        /// A part of the comparison could not be read, so that nothing is known of it.
        case unknown
        /// An event of Stripe's could not be received. It is tried again.
        case event
        /// Submitting is paused: of all (`pollo`, `status`, `files`) or of a tier (`tier:…`,
        /// `status:…`, `files:…`).
        case pause
        case unhealthy
        /// A certificate ends soon.
        case ending
        /// The books of one account are wrong: it takes no orders.
        case quarantine
        /// The books are wrong as a whole: nobody's orders are taken.
        case books
        /// A job is past its deadline and has not ended.
        case late
        /// A command above the limit waits for a second operator.
        case approval
    }

    package let kind: Kind
    /// The id of the job, purchase, dispute or event, or the name of the gate, check or part.
    package let subject: String
    /// What is to be closed once it is dealt with.
    package let differenceID: DifferenceID?
    package let findingID: FindingID?
    package let amount: Money?
    package let detail: String
    package let since: Date
}

extension Connection {
    /// What needs a person, oldest first; at most 500.
    package func attention() throws -> [AttentionItem] {
        try query(
            """
            \(sql: Self.aboutVideos)
            UNION ALL
            \(sql: Self.aboutMoney)
            UNION ALL
            \(sql: Self.aboutShop)
            ORDER BY since
            LIMIT 500
            """
        ) { row in
            try AttentionItem(
                kind: row("kind"), subject: row("subject"), differenceID: row("difference_id"),
                findingID: row("finding_id"), amount: row("amount"), detail: row("detail"),
                since: row("since"))
        }
    }

    /// Jobs, and what the vendors' books say of them.
    private static let aboutVideos: SQL = """
        SELECT 'uncertain_video' AS kind, CAST(id AS CHAR) AS subject, NULL AS difference_id,
            NULL AS finding_id, user_charged_micros AS amount,
            CONCAT('attempt ', attempts) AS detail, state_at AS since
        FROM video_jobs
        WHERE state = 'submit_unknown'
        UNION ALL
        SELECT 'parked_video', CAST(job_id AS CHAR), NULL, NULL, user_charged_micros,
            CONCAT(problem, ' (', failures, IF(failures = 1, ' time)', ' times)')), parked_at
        FROM parked_jobs
        JOIN video_jobs ON video_jobs.id = job_id
        WHERE state NOT IN ('delivered', 'refunded')
        UNION ALL
        SELECT IF(lost_micros > 0, 'vendor_loss', 'difference'), subject,
            CAST(differences.id AS CHAR), NULL, amount_micros, CONCAT(kind, ': ', detail),
            found_at
        FROM differences
        LEFT JOIN video_jobs ON video_jobs.id = job_id
        WHERE is_open
        UNION ALL
        SELECT 'unknown', part, NULL, NULL, NULL,
            COALESCE(problem, 'not read to its end for a day'), COALESCE(read_at, tried_at)
        FROM reconciliation_parts
        WHERE problem IS NOT NULL OR read_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
        """

    /// Payments, and what came of them.
    private static let aboutMoney: SQL = """
        SELECT 'event', event_id, NULL, NULL, NULL, CONCAT(type, ': ', problem), received_at
        FROM vendor_events
        WHERE processed_at IS NULL AND problem IS NOT NULL
        UNION ALL
        SELECT 'purchase_problem', CAST(id AS CHAR), NULL, NULL, price_micros, problem,
            created_at
        FROM purchases
        WHERE needs_person = TRUE
        UNION ALL
        SELECT 'dispute', id, NULL, NULL, amount_micros,
            CONCAT(standing, IF(due_at IS NULL, '',
                CONCAT(', to be answered until ', DATE_FORMAT(due_at, '%Y-%m-%d %H:%i'), ' UTC'))),
            created_at
        FROM disputes
        WHERE standing IN ('inquiry', 'open') AND submissions = 0
        UNION ALL
        SELECT 'refund_failed', CAST(purchase_id AS CHAR), NULL, NULL, amount_micros, problem,
            created_at
        FROM refunds
        WHERE is_problem = TRUE AND NOT EXISTS (
            SELECT 1
            FROM refunds AS later
            WHERE later.purchase_id = refunds.purchase_id AND later.id > refunds.id
                AND later.stripe_refund_id IS NOT NULL AND later.problem IS NULL)
        """

    /// What is closed, fails, or waits for a word.
    private static let aboutShop: SQL = """
        SELECT 'pause', name, NULL, NULL, NULL, reason, changed_at
        FROM vendor_gates
        WHERE paused_until > UTC_TIMESTAMP(6)
            OR (paused_until IS NOT NULL AND name <> 'pollo' AND name NOT LIKE 'tier:%')
        UNION ALL
        SELECT 'unhealthy', name, NULL, NULL, NULL, detail, changed_at
        FROM health_checks
        WHERE NOT is_healthy AND name NOT IN ('reconciliation', 'ledger', 'deadlines', 'chains')
        UNION ALL
        SELECT 'ending', name, NULL, NULL, NULL, detail,
            ends_at - INTERVAL \(HealthCheck.noticeDays) DAY
        FROM health_checks
        WHERE is_healthy AND ends_at < UTC_TIMESTAMP(6) + INTERVAL \(HealthCheck.noticeDays) DAY
        UNION ALL
        SELECT CASE scope WHEN 'account' THEN 'quarantine' WHEN 'whole' THEN 'books'
                ELSE 'late' END,
            COALESCE(CAST(account_id AS CHAR), subject), NULL, CAST(id AS CHAR), NULL,
            CONCAT(rule, ': ', detail), found_at
        FROM findings
        WHERE is_open
        UNION ALL
        SELECT 'unhealthy', name, NULL, NULL, NULL,
            COALESCE(CONCAT('the books could not be looked at: ', problem),
                CONCAT('the books were last looked at as of ',
                    COALESCE(CAST(done_at AS CHAR), 'never'))),
            COALESCE(failed_at, done_at, begun_at)
        FROM schedules
        WHERE name = \(AuditStanding.schedule) AND (problem IS NOT NULL
            OR COALESCE(done_at, begun_at) < UTC_TIMESTAMP(6)
                - INTERVAL \(AuditStanding.overdue.microseconds) MICROSECOND)
        UNION ALL
        SELECT 'unhealthy', \(Chains.schedule), NULL, NULL, NULL,
            COALESCE(CONCAT('the accounts could not be walked: ', problem),
                CONCAT('entries are in their chains up to ', COALESCE(CAST(done_at AS CHAR), 'none'),
                    ', and some account was last walked ', COALESCE(CAST(walked_at AS CHAR), 'never'))),
            COALESCE(failed_at, LEAST(COALESCE(done_at, begun_at), walked_at), done_at, begun_at,
                walked_at)
        FROM (SELECT MIN(walked_at) AS walked_at FROM ledger_heads) AS walks
        LEFT JOIN schedules ON name = \(Chains.schedule)
        WHERE problem IS NOT NULL
            OR walked_at < UTC_TIMESTAMP(6)
                - INTERVAL \(Chains.overdue.microseconds) MICROSECOND
            OR COALESCE(done_at, begun_at) < UTC_TIMESTAMP(6)
                - INTERVAL \(Chains.sealingOverdue.microseconds) MICROSECOND
        UNION ALL
        SELECT 'approval', command_key, NULL, NULL, NULL,
            CONCAT(action, ' ', subject, ' ', arguments, ', asked for by ', requested_by),
            created_at
        FROM operator_commands
        WHERE is_done = FALSE
        """
}
