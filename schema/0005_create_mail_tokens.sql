-- Links that were sent by mail: to prove an address (`verify`, `change`), or to set a new password
-- (`reset`). Only the SHA-256 of a link's token is kept; the token is the HMAC of the row's id and is
-- made when the mail is sent, so that no copy of this database opens an account. `email` is the
-- address that the link was sent to, and the one that it proves. `used_by` names the call that used
-- it, so that a COMMIT whose answer was lost is not taken for another's.
CREATE TABLE mail_tokens (
    id         UUID         NOT NULL PRIMARY KEY,
    user_id    UUID         NOT NULL,
    purpose    ENUM('verify', 'reset', 'change') NOT NULL,
    email      VARCHAR(254) NOT NULL,
    token_hash BINARY(32)   NOT NULL,
    created_at DATETIME(6)  NOT NULL,
    expires_at DATETIME(6)  NOT NULL,
    used_at    DATETIME(6)  NULL,
    used_by    UUID         NULL,
    KEY idx_user (user_id, purpose),
    KEY idx_expires (expires_at),
    CONSTRAINT mail_tokens_hash_unique UNIQUE (token_hash),
    CONSTRAINT mail_tokens_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE,
    CONSTRAINT mail_tokens_used_by_one CHECK ((used_at IS NULL) = (used_by IS NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
