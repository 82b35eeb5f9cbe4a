-- A gate that delivery has closed (J14) opens by one probe at a time: the job that went through last,
-- so that the next is another job or tier (J15), how many there were since it closed, and when the
-- step that it guards last succeeded.
ALTER TABLE vendor_gates
    ADD COLUMN succeeded_at DATETIME(6) NULL,
    ADD COLUMN probes       INT         NOT NULL DEFAULT 0,
    ADD COLUMN probe_job_id UUID        NULL,
    ADD COLUMN probe_tier   VARCHAR(32) NULL;
