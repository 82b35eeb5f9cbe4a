-- When a check of `health_checks` became well, or not: the history that operators read. A look that finds
-- what the last one found adds nothing. Kept for 90 days.
CREATE TABLE health_changes (
    name       VARCHAR(32)  NOT NULL,
    changed_at DATETIME(6)  NOT NULL,
    is_healthy BOOLEAN      NOT NULL,
    detail     VARCHAR(500) NOT NULL,
    PRIMARY KEY (name, changed_at),
    KEY idx_changed (changed_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
