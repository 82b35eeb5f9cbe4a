-- Who may sign in. `role`: what part of the shop they run, if any. Addresses are stored in lower case,
-- so that one person is one user. `name` is what they call themselves, if they say; `language` the one that
-- they read our mails in. `muted_notices` are the mails that they have switched off.
-- `leaves_at`: when the account is removed, unless they take that back; `left_at`: when it was, and all
-- that was the person's with it.
CREATE TABLE users (
    id                UUID         NOT NULL PRIMARY KEY,
    email             VARCHAR(254) NOT NULL,
    name              VARCHAR(60)  NULL,
    language          VARCHAR(8)   NOT NULL DEFAULT 'en',
    password_hash     VARCHAR(255) NOT NULL,
    role              ENUM('user', 'support', 'accountant', 'admin') NOT NULL DEFAULT 'user',
    email_verified_at DATETIME(6)  NULL,
    blocked_at        DATETIME(6)  NULL,
    leaves_at         DATETIME(6)  NULL,
    left_at           DATETIME(6)  NULL,
    created_at        DATETIME(6)  NOT NULL,
    muted_notices     SET('videoReady', 'videoFailed', 'receipt', 'creditLapsing', 'lowBalance')
                                   NOT NULL DEFAULT '',
    KEY idx_leaves (left_at, leaves_at),
    CONSTRAINT users_left_is_nobody
        CHECK (left_at IS NULL OR (blocked_at IS NOT NULL AND email_verified_at IS NULL)),
    CONSTRAINT users_email_unique UNIQUE (email),
    CONSTRAINT users_email_lower_case CHECK (email = LOWER(email))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
