-- The addresses of users' own servers, each with its secret (Standard Webhooks).
CREATE TABLE webhook_endpoints (
    id         UUID        NOT NULL PRIMARY KEY,
    user_id    UUID        NOT NULL,
    url        TEXT        NOT NULL,
    events     SET('video.completed', 'video.failed', 'credits.low') NOT NULL,
    secret     BINARY(32)  NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY idx_user (user_id, id),
    CONSTRAINT webhook_endpoints_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT webhook_endpoints_events_not_empty CHECK (events <> '')
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
