-- The ledger (invariants L2 to L5): each row moves a positive amount from one account to another.
-- Nothing is ever changed or deleted here; the application's own account may only read and add. The
-- sides of a wallet are available, held, frozen and shortfall; the others are the shop's. A job's
-- hold is settled or released, never both and neither twice (J2): of its two possible ends, each
-- leg is there once.
CREATE TABLE ledger_entries (
    id             UUID         NOT NULL PRIMARY KEY,
    op_key         VARCHAR(255) NOT NULL,
    leg            INT          NOT NULL,
    kind           ENUM('credit', 'bonus', 'grant', 'hold', 'settle', 'release', 'expire',
                        'clawback', 'shortfall', 'freeze', 'unfreeze', 'adjust') NOT NULL,
    debit_account  ENUM('available', 'held', 'frozen', 'shortfall', 'payments', 'promotions',
                        'revenue', 'breakage', 'returns', 'adjustments') NOT NULL,
    credit_account ENUM('available', 'held', 'frozen', 'shortfall', 'payments', 'promotions',
                        'revenue', 'breakage', 'returns', 'adjustments') NOT NULL,
    amount_micros  BIGINT       NOT NULL,
    account_id     UUID         NOT NULL,
    lot_id         UUID         NULL,
    job_id         UUID         NULL,
    purchase_id    UUID         NULL,
    created_at     DATETIME(6)  NOT NULL,
    ended_job_id   UUID AS (IF(kind IN ('settle', 'release'), job_id, NULL)) VIRTUAL,
    KEY idx_account (account_id),
    KEY idx_lot (lot_id),
    KEY idx_job (job_id),
    CONSTRAINT ledger_entries_op_unique UNIQUE (op_key, leg),
    CONSTRAINT ledger_entries_one_end UNIQUE (ended_job_id, leg),
    CONSTRAINT ledger_entries_amount_positive CHECK (amount_micros > 0),
    CONSTRAINT ledger_entries_two_accounts CHECK (debit_account <> credit_account),
    CONSTRAINT ledger_entries_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id),
    CONSTRAINT ledger_entries_lot_exists FOREIGN KEY (lot_id) REFERENCES credit_lots (id),
    CONSTRAINT ledger_entries_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id),
    CONSTRAINT ledger_entries_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
