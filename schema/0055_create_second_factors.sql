-- The second factor of a user: the secret of their authenticator (RFC 6238). It is sealed under a key
-- made from JWT_SECRET, so that a copy of this database makes no codes; `sealed_by` names the key,
-- and `work` seals anew what an older one has sealed. It is on once a code has shown that the
-- authenticator has it (`turned_on_at`). A code is taken once: `last_step` is the latest that was, and
-- `last_use` the call that used it, so that a COMMIT whose answer was lost is not taken for another's.
CREATE TABLE second_factors (
    user_id       UUID          NOT NULL PRIMARY KEY,
    sealed_secret VARBINARY(120) NOT NULL,
    sealed_by     BINARY(8)     NOT NULL,
    last_step     BIGINT        NOT NULL DEFAULT 0,
    last_use      UUID          NULL,
    created_at    DATETIME(6)   NOT NULL,
    turned_on_at  DATETIME(6)   NULL,
    KEY idx_sealed_by (sealed_by),
    CONSTRAINT second_factors_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
