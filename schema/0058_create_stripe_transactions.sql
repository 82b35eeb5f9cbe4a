-- What moved our balance at Stripe for a purchase, and what Stripe took for it, as its balance
-- transactions say: never changed there, so kept once here. In dollars: of an account that is settled in
-- another currency, the fee is that share of the payment's amount which it is of the settled one.
-- `created_at` is Stripe's. The days of `daily_figures` take their fees from here.
CREATE TABLE stripe_transactions (
    id            VARCHAR(255) NOT NULL PRIMARY KEY,
    purchase_id   UUID         NOT NULL,
    type          VARCHAR(64)  NOT NULL,
    amount_micros BIGINT       NOT NULL,
    fee_micros    BIGINT       NOT NULL,
    created_at    DATETIME(6)  NOT NULL,
    KEY idx_purchase (purchase_id),
    KEY idx_created (created_at),
    CONSTRAINT stripe_transactions_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
