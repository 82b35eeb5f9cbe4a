-- What the entries of each lot sum to, up to the last checkpoint of its account: from there a look at
-- the books goes on (A2). The daily walk compares it with the entries.
CREATE TABLE ledger_lots (
    lot_id             UUID   NOT NULL PRIMARY KEY,
    account_id         UUID   NOT NULL,
    remaining_micros   BIGINT NOT NULL,
    held_micros        BIGINT NOT NULL,
    spent_micros       BIGINT NOT NULL,
    expired_micros     BIGINT NOT NULL,
    clawed_back_micros BIGINT NOT NULL,
    taken_micros       BIGINT NOT NULL,
    KEY idx_account (account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
