-- Files (ZIP) with all the data of a person, one at a time, ordered by them and made by `work`, which holds
-- a row by its lease. The file lies under its `name`, 128 random bits, from `made_at` to `expires_at`; the
-- row goes after it. One that was tried three times has failed.
CREATE TABLE exports (
    id          UUID        NOT NULL PRIMARY KEY,
    user_id     UUID        NOT NULL,
    account_id  UUID        NOT NULL,
    name        CHAR(32)    NOT NULL,
    attempts    INT         NOT NULL DEFAULT 0,
    lease_token UUID        NULL,
    lease_until DATETIME(6) NULL,
    created_at  DATETIME(6) NOT NULL,
    made_at     DATETIME(6) NULL,
    failed_at   DATETIME(6) NULL,
    expires_at  DATETIME(6) NULL,
    size_bytes  BIGINT      NULL,
    KEY idx_user (user_id, id),
    KEY idx_open (made_at, failed_at, lease_until),
    KEY idx_expires (expires_at),
    CONSTRAINT exports_name_unique UNIQUE (name),
    CONSTRAINT exports_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT exports_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT exports_made_whole
        CHECK ((made_at IS NULL) = (size_bytes IS NULL)
            AND (made_at IS NULL OR expires_at IS NOT NULL)),
    CONSTRAINT exports_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
