-- Files (ZIP) with videos that an account wants together, made by `work`, which holds a row by its lease.
-- The same videos again are the same archive (`videos_hash`) as long as it is there. The file lies under
-- its `name`, 128 random bits, from `made_at` to `expires_at`; the row goes after it. One that was
-- tried three times has failed.
CREATE TABLE video_archives (
    id          UUID        NOT NULL PRIMARY KEY,
    account_id  UUID        NOT NULL,
    user_id     UUID        NOT NULL,
    videos_hash CHAR(64)    NOT NULL,
    name        CHAR(32)    NOT NULL,
    videos      INT         NOT NULL,
    attempts    INT         NOT NULL DEFAULT 0,
    lease_token UUID        NULL,
    lease_until DATETIME(6) NULL,
    created_at  DATETIME(6) NOT NULL,
    made_at     DATETIME(6) NULL,
    failed_at   DATETIME(6) NULL,
    expires_at  DATETIME(6) NOT NULL,
    size_bytes  BIGINT      NULL,
    KEY idx_account (account_id, id),
    KEY idx_open (made_at, failed_at, id),
    KEY idx_expires (expires_at),
    CONSTRAINT video_archives_name_unique UNIQUE (name),
    CONSTRAINT video_archives_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT video_archives_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
