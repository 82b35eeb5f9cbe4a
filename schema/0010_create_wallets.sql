-- What each account has, as a cache of the ledger (invariants L4 and L6). Every change of its money
-- locks this row first, so one account's money moves one step at a time. `shortfall` is what it
-- owes after a refund or dispute of credit that was already spent (L9).
-- `is_low`: whether the available balance is below the threshold and its owner knows it: told once
-- for each time that it falls below, and again only after it was above. A new wallet is low without
-- a word. `moved_at`: when the row last changed, by whoever: what moved is what a look at the books
-- is about (A2).
CREATE TABLE wallets (
    account_id       UUID    NOT NULL PRIMARY KEY,
    available_micros BIGINT  NOT NULL DEFAULT 0,
    held_micros      BIGINT  NOT NULL DEFAULT 0,
    frozen_micros    BIGINT  NOT NULL DEFAULT 0,
    shortfall_micros BIGINT  NOT NULL DEFAULT 0,
    is_low           BOOLEAN NOT NULL DEFAULT TRUE,
    moved_at         TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        ON UPDATE CURRENT_TIMESTAMP(6),
    KEY idx_moved (moved_at),
    CONSTRAINT wallets_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT wallets_available_not_negative CHECK (available_micros >= 0),
    CONSTRAINT wallets_held_not_negative CHECK (held_micros >= 0),
    CONSTRAINT wallets_frozen_not_negative CHECK (frozen_micros >= 0),
    CONSTRAINT wallets_shortfall_not_negative CHECK (shortfall_micros >= 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
