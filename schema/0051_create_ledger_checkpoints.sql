-- The chain of each account's entries (A2): up to which entry it goes, how many those are, what they
-- sum to, and a digest that follows from each of them in the order of their ids. An entry that was
-- changed, taken out or put in afterwards no longer gives it. Like the ledger, never changed.
CREATE TABLE ledger_checkpoints (
    account_id       UUID        NOT NULL,
    number           INT         NOT NULL,
    last_entry_id    UUID        NOT NULL,
    entries          BIGINT      NOT NULL,
    available_micros BIGINT      NOT NULL,
    held_micros      BIGINT      NOT NULL,
    frozen_micros    BIGINT      NOT NULL,
    shortfall_micros BIGINT      NOT NULL,
    digest           CHAR(64)    NOT NULL,
    created_at       DATETIME(6) NOT NULL,
    PRIMARY KEY (account_id, number),
    CONSTRAINT ledger_checkpoints_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id),
    CONSTRAINT ledger_checkpoints_number_positive CHECK (number > 0),
    CONSTRAINT ledger_checkpoints_entries_positive CHECK (entries > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
