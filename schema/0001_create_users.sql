-- Who may sign in. Addresses are stored in lower case, so that one person has one account.
-- `muted_notices` are the mails that they have switched off. `webhook_secret` signs the webhooks
-- that an order names itself (`webhookUrl`); it is made at the first use.
CREATE TABLE users (
    id                UUID         NOT NULL PRIMARY KEY,
    email             VARCHAR(254) NOT NULL,
    password_hash     VARCHAR(255) NOT NULL,
    role              ENUM('user', 'admin') NOT NULL DEFAULT 'user',
    email_verified_at DATETIME(6)  NULL,
    blocked_at        DATETIME(6)  NULL,
    created_at        DATETIME(6)  NOT NULL,
    muted_notices     SET('videoReady', 'videoFailed', 'receipt', 'creditLapsing', 'lowBalance')
                                   NOT NULL DEFAULT '',
    webhook_secret    BINARY(32)   NULL,
    CONSTRAINT users_email_unique UNIQUE (email),
    CONSTRAINT users_email_lower_case CHECK (email = LOWER(email))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
