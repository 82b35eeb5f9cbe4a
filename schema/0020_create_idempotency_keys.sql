-- The answer that was given to a call that cost money, by the caller's own key (J1), for 24 hours.
-- The answer is empty while the first call still runs.
CREATE TABLE idempotency_keys (
    account_id   UUID         NOT NULL,
    client_key   VARCHAR(255) NOT NULL,
    request_hash BINARY(32)   NOT NULL,
    purchase_id  UUID         NULL,
    status_code  INT          NULL,
    answer       MEDIUMTEXT   NULL,
    created_at   DATETIME(6)  NOT NULL,
    PRIMARY KEY (account_id, client_key),
    KEY idx_created (created_at),
    CONSTRAINT idempotency_keys_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
