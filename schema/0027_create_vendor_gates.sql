-- Whether jobs may be submitted: one row for the vendor as a whole, locked by each claim so that the
-- parallel limit holds across all workers, and one for each tier that the vendor has switched off.
-- A gate that delivery has closed (J14) opens by one probe at a time: the job that went through last,
-- so that the next is another job or tier (J15), how many there were since it closed, and when the
-- step that it guards last succeeded.
CREATE TABLE vendor_gates (
    name         VARCHAR(64)  NOT NULL PRIMARY KEY,
    paused_until DATETIME(6)  NULL,
    reason       VARCHAR(500) NULL,
    changed_at   DATETIME(6)  NOT NULL,
    succeeded_at DATETIME(6)  NULL,
    probes       INT          NOT NULL DEFAULT 0,
    probe_job_id UUID         NULL,
    probe_tier   VARCHAR(32)  NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
