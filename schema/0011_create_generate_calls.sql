-- One row for each accepted generate call: what GENERATE_LIMIT counts. A call makes 1 to 4 jobs.
CREATE TABLE generate_calls (
    id         UUID        NOT NULL PRIMARY KEY,
    user_id    UUID        NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY idx_user_created (user_id, created_at),
    CONSTRAINT generate_calls_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
