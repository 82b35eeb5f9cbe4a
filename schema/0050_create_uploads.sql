-- The pictures that accounts have sent, each a JPG of ours at an address that cannot be guessed: its
-- `name`. The row comes before its file and goes after it, so that no file is without a row; where
-- `is_stored` is false there may be no file. `sent_at`: when it was last sent, or named by an order;
-- one that no video was made from (`used_at`) goes seven days later. The same picture is kept once.
CREATE TABLE uploads (
    id         UUID        NOT NULL PRIMARY KEY,
    account_id UUID        NOT NULL,
    user_id    UUID        NOT NULL,
    name       CHAR(32)    NOT NULL,
    sha256     CHAR(64)    NOT NULL,
    size_bytes INT         NOT NULL,
    width      INT         NOT NULL,
    height     INT         NOT NULL,
    is_stored  BOOLEAN     NOT NULL DEFAULT FALSE,
    created_at DATETIME(6) NOT NULL,
    sent_at    DATETIME(6) NOT NULL,
    used_at    DATETIME(6) NULL,
    KEY idx_account (account_id, id),
    KEY idx_unused (used_at, sent_at),
    KEY idx_not_stored (is_stored, sent_at),
    CONSTRAINT uploads_name_unique UNIQUE (name),
    CONSTRAINT uploads_once_an_account UNIQUE (account_id, sha256),
    CONSTRAINT uploads_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT uploads_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT uploads_size_positive CHECK (size_bytes > 0 AND width > 0 AND height > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
