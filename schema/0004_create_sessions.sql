-- One row for each sign-in that is still good. Only the SHA-256 of the session id is kept, so a
-- copy of this table signs nobody in. `id` names a session to its owner, who may see and end it; one
-- that is not used for thirty days (`last_used_at`, to the minute) is over. `proved_at`: when the
-- person last showed in it that they are who they are, by all that the account asks for.
CREATE TABLE sessions (
    id           UUID         NOT NULL DEFAULT UUID(),
    id_hash      BINARY(32)   NOT NULL PRIMARY KEY,
    user_id      UUID         NOT NULL,
    user_agent   VARCHAR(255) NOT NULL,
    address      VARCHAR(45)  NOT NULL,
    created_at   DATETIME(6)  NOT NULL,
    last_used_at DATETIME(6)  NOT NULL DEFAULT UTC_TIMESTAMP(6),
    proved_at    DATETIME(6)  NOT NULL DEFAULT UTC_TIMESTAMP(6),
    expires_at   DATETIME(6)  NOT NULL,
    KEY idx_user (user_id),
    KEY idx_expires (expires_at),
    KEY idx_last_used (last_used_at),
    CONSTRAINT sessions_id_unique UNIQUE (id),
    CONSTRAINT sessions_user_exists FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
