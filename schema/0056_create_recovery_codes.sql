-- Codes that stand for an authenticator that is lost, each once. Only their SHA-256 is kept; a code has
-- 80 random bits. `used_by` as `last_use` in `second_factors`.
CREATE TABLE recovery_codes (
    user_id    UUID        NOT NULL,
    code_hash  BINARY(32)  NOT NULL,
    created_at DATETIME(6) NOT NULL,
    used_at    DATETIME(6) NULL,
    used_by    UUID        NULL,
    PRIMARY KEY (user_id, code_hash),
    CONSTRAINT recovery_codes_factor_exists FOREIGN KEY (user_id)
        REFERENCES second_factors (user_id) ON DELETE CASCADE,
    CONSTRAINT recovery_codes_used_by_one CHECK ((used_at IS NULL) = (used_by IS NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
