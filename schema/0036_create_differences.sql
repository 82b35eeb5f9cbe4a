-- Where our books and a vendor's disagree: from the day it is found until it is gone by itself or a
-- person closes it (R1). Named by its kind and its object, so that the next comparison knows it
-- again; of one object at most one is open.
CREATE TABLE differences (
    id            UUID         NOT NULL PRIMARY KEY,
    kind          ENUM('ledger', 'payment', 'refund', 'dispute', 'task', 'balance') NOT NULL,
    subject       VARCHAR(255) NOT NULL,
    job_id        UUID         NULL,
    purchase_id   UUID         NULL,
    amount_micros BIGINT       NULL,
    detail        VARCHAR(500) NOT NULL,
    found_at      DATETIME(6)  NOT NULL,
    seen_at       DATETIME(6)  NOT NULL,
    gone_at       DATETIME(6)  NULL,
    closed_at     DATETIME(6)  NULL,
    is_open       BOOLEAN      AS (IF(gone_at IS NULL AND closed_at IS NULL, TRUE, NULL)) STORED,
    KEY idx_open (is_open, found_at),
    CONSTRAINT differences_open_once UNIQUE (kind, subject, is_open),
    CONSTRAINT differences_gone_or_closed CHECK (gone_at IS NULL OR closed_at IS NULL),
    CONSTRAINT differences_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id),
    CONSTRAINT differences_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
