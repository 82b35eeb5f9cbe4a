package import Domain
package import MariaDB

/// How an attempt ended before the vendor was asked.
package enum Attempts {
    /// The order's picture could not be fetched.
    package static let noPicture = "no_picture"
}

extension Connection {
    /// Puts other pictures into what a claimed job sends. Throws ``LeaseLost``.
    package func replaceInput(of job: ClaimedJob, by input: [VendorField]) throws {
        let isOurs = try execute(
            """
            UPDATE video_jobs
            SET vendor_input = \(input.json), version = version + 1
            WHERE id = \(job.id) AND state = 'submitting' AND lease_token = \(job.lease)
            """)
        guard isOurs == 1 else { throw LeaseLost() }
    }

    /// How often a picture of the job could not be fetched.
    package func pictureTries(of id: VideoID) throws -> Int {
        try first(
            """
            SELECT COUNT(*) AS tries
            FROM job_attempts
            WHERE job_id = \(id) AND outcome = \(Attempts.noPicture)
            """
        ) { row in try row("tries") } ?? 0
    }
}
