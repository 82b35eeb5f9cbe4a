-- Mail and outgoing webhooks, written in the transaction that makes them necessary and sent after it
-- (J12), at least once.
CREATE TABLE outbox (
    id              UUID         NOT NULL PRIMARY KEY,
    channel         ENUM('mail', 'webhook') NOT NULL,
    topic           VARCHAR(64)  NOT NULL,
    user_id         UUID         NOT NULL,
    op_key          VARCHAR(255) NOT NULL,
    payload         JSON         NOT NULL,
    attempts        INT          NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6)  NULL,
    lease_token     UUID         NULL,
    created_at      DATETIME(6)  NOT NULL,
    sent_at         DATETIME(6)  NULL,
    KEY idx_due (next_attempt_at),
    CONSTRAINT outbox_op_unique UNIQUE (op_key),
    CONSTRAINT outbox_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT outbox_due_iff_unsent CHECK (sent_at IS NULL OR next_attempt_at IS NULL)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
