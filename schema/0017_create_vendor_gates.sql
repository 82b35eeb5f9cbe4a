-- Whether jobs may be submitted: one row for the vendor as a whole, locked by each claim so that the
-- parallel limit holds across all workers, and one for each tier that the vendor has switched off.
CREATE TABLE vendor_gates (
    name         VARCHAR(64)  NOT NULL PRIMARY KEY,
    paused_until DATETIME(6)  NULL,
    reason       VARCHAR(500) NULL,
    changed_at   DATETIME(6)  NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
