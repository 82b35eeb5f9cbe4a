-- One row for each accepted generate call: what GENERATE_LIMIT counts. A call makes 1 to 4 jobs.
-- `number` counts an account's calls from 1, under the lock on its wallet: which one is as many back
-- as the limit allows is known without a count.
CREATE TABLE generate_calls (
    id         UUID        NOT NULL PRIMARY KEY,
    account_id UUID        NOT NULL,
    number     BIGINT      NOT NULL,
    created_at DATETIME(6) NOT NULL,
    CONSTRAINT generate_calls_number_unique UNIQUE (account_id, number),
    CONSTRAINT generate_calls_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
