-- When a part of the shop did not work: what the status page tells for 90 days. The worker's looks open
-- and close them (`health_checks` holds the last look alone). `part` is the name of a check, or `shop`
-- for a time in which no worker could write at all, which is known only afterwards.
CREATE TABLE incidents (
    part      VARCHAR(32) NOT NULL,
    opened_at DATETIME(6) NOT NULL,
    closed_at DATETIME(6) NULL,
    PRIMARY KEY (part, opened_at),
    KEY idx_opened (opened_at),
    CONSTRAINT incidents_end_after_begin CHECK (closed_at >= opened_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
