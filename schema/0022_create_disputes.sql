-- What each dispute of a payment came to, as it was last read from Stripe (P4). An inquiry moves
-- nothing; an open dispute freezes what is left of the purchase; a lost one takes it.
-- `due_at`: until when the bank takes evidence, if it takes any; `submissions`: how often it was given some.
-- `checked_at`: when an open one was last compared with Stripe; each is, in turn, however old it is
-- (R4). `moved_at` as in `wallets`.
CREATE TABLE disputes (
    id            VARCHAR(255) NOT NULL PRIMARY KEY,
    purchase_id   UUID         NOT NULL,
    amount_micros BIGINT       NOT NULL,
    standing      ENUM('inquiry', 'open', 'closed', 'lost') NOT NULL,
    reason        VARCHAR(64)  NULL,
    due_at        DATETIME(6)  NULL,
    submissions   INT          NOT NULL DEFAULT 0,
    created_at    DATETIME(6)  NOT NULL,
    changed_at    DATETIME(6)  NOT NULL,
    checked_at    DATETIME(6)  NULL,
    moved_at      TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        ON UPDATE CURRENT_TIMESTAMP(6),
    KEY idx_purchase (purchase_id),
    KEY idx_standing (standing),
    KEY idx_moved (moved_at),
    CONSTRAINT disputes_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
