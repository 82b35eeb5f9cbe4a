-- Money that an operator sends back, written before Stripe is asked, whose idempotency key is made
-- of the id (P2); two of our refunds are never one of Stripe's. `tried_at`: when Stripe was last
-- asked for one whose answer was lost, so that all have their turn.
CREATE TABLE refunds (
    id               UUID         NOT NULL PRIMARY KEY,
    purchase_id      UUID         NOT NULL,
    amount_micros    BIGINT       NOT NULL,
    reason           VARCHAR(500) NOT NULL,
    requested_by     UUID         NULL,
    stripe_refund_id VARCHAR(255) NULL,
    problem          VARCHAR(500) NULL,
    created_at       DATETIME(6)  NOT NULL,
    tried_at         DATETIME(6)  NULL,
    is_problem       BOOLEAN      AS (IF(problem IS NOT NULL, TRUE, NULL)) STORED,
    KEY idx_purchase (purchase_id),
    KEY idx_problem (is_problem),
    CONSTRAINT refunds_stripe_refund_unique UNIQUE (stripe_refund_id),
    CONSTRAINT refunds_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id),
    CONSTRAINT refunds_operator_exists FOREIGN KEY (requested_by) REFERENCES users (id),
    CONSTRAINT refunds_amount_whole_cents CHECK (amount_micros > 0 AND amount_micros % 10000 = 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
