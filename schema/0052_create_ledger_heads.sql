-- The last checkpoint of each account, written a second time: against it a checkpoint is known that
-- was changed or taken away; 0 before the first. `lines_micros` is the sum of the account's lines
-- (`transactions`) up to `last_line_id`. `walked_at`: when all of the account was last found to
-- follow from its entries (A2); `walked_number`: up to which checkpoint a walk has come that was
-- not at its end when its time was over.
CREATE TABLE ledger_heads (
    account_id    UUID        NOT NULL PRIMARY KEY,
    number        INT         NOT NULL,
    digest        CHAR(64)    NOT NULL,
    lines_micros  BIGINT      NOT NULL DEFAULT 0,
    last_line_id  UUID        NULL,
    walked_number INT         NOT NULL DEFAULT 0,
    walked_at     DATETIME(6) NOT NULL,
    KEY idx_walked (walked_at),
    CONSTRAINT ledger_heads_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
