-- One row for each accepted generate call: what GENERATE_LIMIT counts. A call makes 1 to 4 jobs.
CREATE TABLE generate_calls (
    id         UUID        NOT NULL PRIMARY KEY,
    account_id UUID        NOT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY idx_account_created (account_id, created_at),
    CONSTRAINT generate_calls_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
