-- What users see of the ledger: one line for each effect on their account's available balance, with
-- the balance after it. `user_id` is whose act it was: who ordered the video or bought the credit,
-- and of all else the account's owner. It has no key: it comes from rows that have one, and nothing
-- looks by it. Like the ledger, never changed. `detail` is what the line is
-- made of, as JSON, from which a page or a mail writes the sentence in the reader's language;
-- `description` is in English, for whoever reads the table.
CREATE TABLE transactions (
    id                   UUID          NOT NULL PRIMARY KEY,
    account_id           UUID          NOT NULL,
    user_id              UUID          NULL,
    type                 ENUM('credit_purchase', 'bonus', 'charge', 'refund', 'expiry', 'clawback',
                              'reinstatement', 'grant', 'adjustment') NOT NULL,
    amount_micros        BIGINT        NOT NULL,
    balance_after_micros BIGINT        NOT NULL,
    description          VARCHAR(500)  NOT NULL,
    detail               VARCHAR(4000) NOT NULL DEFAULT '{}',
    op_key               VARCHAR(255)  NOT NULL,
    job_id               UUID          NULL,
    purchase_id          UUID          NULL,
    created_at           DATETIME(6)   NOT NULL,
    KEY idx_account (account_id, id),
    CONSTRAINT transactions_op_unique UNIQUE (op_key),
    CONSTRAINT transactions_detail_is_json CHECK (JSON_VALID(detail)),
    CONSTRAINT transactions_amount_not_zero CHECK (amount_micros <> 0),
    CONSTRAINT transactions_balance_not_negative CHECK (balance_after_micros >= 0),
    CONSTRAINT transactions_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id),
    CONSTRAINT transactions_job_exists FOREIGN KEY (job_id) REFERENCES video_jobs (id),
    CONSTRAINT transactions_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
