-- The last checkpoint of each account, written a second time: against it a checkpoint is known that
-- was changed or taken away. `walked_at`: when the chain was last found to follow from the entries.
CREATE TABLE ledger_heads (
    account_id UUID        NOT NULL PRIMARY KEY,
    number     INT         NOT NULL,
    digest     CHAR(64)    NOT NULL,
    walked_at  DATETIME(6) NOT NULL,
    KEY idx_walked (walked_at),
    CONSTRAINT ledger_heads_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
