-- Jobs for which a step at the vendor fails: its create call is refused for a cause that is not known,
-- its status cannot be read, its file cannot be fetched. Jobs of a tier that fail one after another
-- close the gate of the step (J14); one job alone closes none (J15). `failed_at` is its first failure
-- in a row; NULL once that is over.
CREATE TABLE vendor_failures (
    step      ENUM('tier', 'status', 'files') NOT NULL,
    job_id    UUID         NOT NULL,
    tier      VARCHAR(32)  NOT NULL,
    problem   VARCHAR(500) NOT NULL,
    failures  INT          NOT NULL,
    failed_at DATETIME(6)  NULL,
    PRIMARY KEY (step, job_id),
    KEY idx_tier (step, tier, failed_at),
    CONSTRAINT vendor_failures_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id),
    CONSTRAINT vendor_failures_positive CHECK (failures > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
