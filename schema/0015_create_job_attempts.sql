-- One row for each create call at the vendor, committed before the call is sent (J4), so that a
-- crash leaves the trace that the call may have been made.
CREATE TABLE job_attempts (
    job_id     UUID          NOT NULL,
    attempt    INT           NOT NULL,
    started_at DATETIME(6)   NOT NULL,
    ended_at   DATETIME(6)   NULL,
    outcome    VARCHAR(32)   NULL,
    detail     VARCHAR(1000) NULL,
    PRIMARY KEY (job_id, attempt),
    CONSTRAINT job_attempts_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
