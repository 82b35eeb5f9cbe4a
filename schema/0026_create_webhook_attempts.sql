-- The log of deliveries: one row for each time that a webhook was sent, with what came of it.
CREATE TABLE webhook_attempts (
    outbox_id    UUID         NOT NULL,
    attempt      INT          NOT NULL,
    status_code  INT          NULL,
    problem      VARCHAR(500) NULL,
    milliseconds INT          NOT NULL,
    created_at   DATETIME(6)  NOT NULL,
    PRIMARY KEY (outbox_id, attempt),
    CONSTRAINT webhook_attempts_message_exists FOREIGN KEY (outbox_id)
        REFERENCES outbox (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
