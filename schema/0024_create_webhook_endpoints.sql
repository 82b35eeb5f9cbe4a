-- The addresses of accounts' own servers, each with its secret (Standard Webhooks), and how it has
-- answered lately. One that failed, or took long, is called by threads of its own until it answers
-- well again; after five failures in a row its messages wait, one trying again from `open_until`
-- on; after five days of it the endpoint is switched off.
CREATE TABLE webhook_endpoints (
    id            UUID        NOT NULL PRIMARY KEY,
    account_id    UUID        NOT NULL,
    url           TEXT        NOT NULL,
    events        SET('video.completed', 'video.failed', 'credits.low') NOT NULL,
    secret        BINARY(32)  NOT NULL,
    created_at    DATETIME(6) NOT NULL,
    failures      INT         NOT NULL DEFAULT 0,
    failing_since DATETIME(6) NULL,
    is_slow       BOOLEAN     NOT NULL DEFAULT FALSE,
    open_until    DATETIME(6) NULL,
    disabled_at   DATETIME(6) NULL,
    KEY idx_account (account_id, id),
    CONSTRAINT webhook_endpoints_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT webhook_endpoints_events_not_empty CHECK (events <> ''),
    CONSTRAINT webhook_endpoints_failing_since_the_first
        CHECK (IF(failures = 0, failing_since IS NULL, failing_since IS NOT NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
