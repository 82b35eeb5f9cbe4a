-- Who owns and pays: an account has the wallet, its lots and lines, purchases, jobs, keys and
-- endpoints. Users act for it (`members`). `webhook_secret` signs the webhooks that its orders name
-- themselves (`webhookUrl`); it is made at the first use.
CREATE TABLE accounts (
    id             UUID        NOT NULL PRIMARY KEY,
    webhook_secret BINARY(32)  NULL,
    created_at     DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
