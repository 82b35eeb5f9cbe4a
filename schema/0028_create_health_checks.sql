-- What `work` found when it last asked a vendor, so that a health probe costs no vendor call. `ends_at` is
-- when what was looked at ends of itself, such as a certificate.
CREATE TABLE health_checks (
    name       VARCHAR(32)  NOT NULL PRIMARY KEY,
    is_healthy BOOLEAN      NOT NULL,
    detail     VARCHAR(500) NOT NULL,
    checked_at DATETIME(6)  NOT NULL,
    changed_at DATETIME(6)  NOT NULL,
    ends_at    DATETIME(6)  NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
