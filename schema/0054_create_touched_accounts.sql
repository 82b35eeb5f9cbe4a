-- The accounts of rows that were changed or taken away although nothing of ours ever does that: lines
-- of the ledger and of its readers, and whole wallets, lots, jobs and purchases. Triggers write it
-- (`routines/touch_*`), so that a look at the books looks at all of the account anew (A2).
CREATE TABLE touched_accounts (
    account_id UUID        NOT NULL PRIMARY KEY,
    touched_at DATETIME(6) NOT NULL,
    KEY idx_touched (touched_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
