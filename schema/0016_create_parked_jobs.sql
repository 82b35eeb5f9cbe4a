-- Jobs that something failed for by an error of their own: a broken row, a number that a column does
-- not hold, another job's task. Each is tried again later and later and shown to the operator, and
-- holds no other job back (J13). A row stays when its job has ended.
CREATE TABLE parked_jobs (
    job_id    UUID         NOT NULL PRIMARY KEY,
    problem   VARCHAR(500) NOT NULL,
    failures  INT          NOT NULL,
    parked_at DATETIME(6)  NOT NULL,
    next_at   DATETIME(6)  NOT NULL,
    CONSTRAINT parked_jobs_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id),
    CONSTRAINT parked_jobs_failures_positive CHECK (failures > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
