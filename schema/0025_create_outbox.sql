-- Mail to users and outgoing webhooks of accounts, written in the transaction that makes them
-- necessary and sent after it by `work` (J12), at least once. A sender holds a row by its lease; a
-- row is due until it was sent or given up. `failures` counts those in a row and sets the next try,
-- `attempts` all that were made. `endpoint_id` is the endpoint that a webhook goes to, none for the
-- address that an order names itself; what was for an endpoint goes with it.
CREATE TABLE outbox (
    id              UUID         NOT NULL PRIMARY KEY,
    channel         ENUM('mail', 'webhook') NOT NULL,
    topic           VARCHAR(64)  NOT NULL,
    user_id         UUID         NULL,
    account_id      UUID         NULL,
    endpoint_id     UUID         NULL,
    url             TEXT         NULL,
    op_key          VARCHAR(255) NOT NULL,
    payload         JSON         NOT NULL,
    attempts        INT          NOT NULL DEFAULT 0,
    failures        INT          NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6)  NULL,
    lease_token     UUID         NULL,
    lease_until     DATETIME(6)  NULL,
    created_at      DATETIME(6)  NOT NULL,
    sent_at         DATETIME(6)  NULL,
    failed_at       DATETIME(6)  NULL,
    resent_at       DATETIME(6)  NULL,
    problem         VARCHAR(500) NULL,
    KEY idx_due (channel, next_attempt_at),
    KEY idx_leased (account_id, lease_until),
    KEY idx_account (account_id, channel, id),
    KEY idx_user (user_id, channel, id),
    KEY idx_created (created_at),
    CONSTRAINT outbox_op_unique UNIQUE (op_key),
    CONSTRAINT outbox_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT outbox_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT outbox_user_iff_mail CHECK ((user_id IS NOT NULL) = (channel = 'mail')),
    CONSTRAINT outbox_account_iff_webhook CHECK ((account_id IS NOT NULL) = (channel = 'webhook')),
    CONSTRAINT outbox_endpoint_exists FOREIGN KEY (endpoint_id)
        REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    CONSTRAINT outbox_url_iff_webhook
        CHECK (IF(channel = 'webhook', url IS NOT NULL, url IS NULL)),
    CONSTRAINT outbox_due_until_ended
        CHECK (IF(next_attempt_at IS NULL, sent_at IS NOT NULL OR failed_at IS NOT NULL,
            sent_at IS NULL AND failed_at IS NULL)),
    CONSTRAINT outbox_leased_while_due
        CHECK (lease_token IS NULL OR (lease_until IS NOT NULL AND next_attempt_at IS NOT NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
