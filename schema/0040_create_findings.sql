-- What the auditor finds wrong: from the look that finds it until a look finds it gone or a person
-- closes it (A3). What is about one account stops that account; what is about the whole stops
-- intake; what is only late stops nothing. Known again by its rule and its object.
CREATE TABLE findings (
    id         UUID         NOT NULL PRIMARY KEY,
    rule       VARCHAR(8)   NOT NULL,
    subject    VARCHAR(255) NOT NULL,
    scope      ENUM('account', 'whole', 'lateness') NOT NULL,
    account_id UUID         NULL,
    detail     VARCHAR(500) NOT NULL,
    found_at   DATETIME(6)  NOT NULL,
    seen_at    DATETIME(6)  NOT NULL,
    gone_at    DATETIME(6)  NULL,
    closed_at  DATETIME(6)  NULL,
    is_open    BOOLEAN      AS (IF(gone_at IS NULL AND closed_at IS NULL, TRUE, NULL)) STORED,
    KEY idx_open (is_open, scope, account_id),
    CONSTRAINT findings_open_once UNIQUE (rule, subject, is_open),
    CONSTRAINT findings_gone_or_closed CHECK (gone_at IS NULL OR closed_at IS NULL),
    CONSTRAINT findings_named_iff_account CHECK ((account_id IS NOT NULL) = (scope = 'account'))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
