-- One row for each order of a package, written before Stripe is asked, with the amounts that the
-- buyer (`user_id`) saw, from `address`; its credit is the account's. `session_id` and the rest of what Stripe
-- answers follow. Of money that went back: `refunded` is Stripe's running total, `clawback` the
-- credit taken for it, of which `owed` became a debt because it was spent; `pending` is to be taken
-- when the jobs that hold it end (P3 to P5). `closed_at`: a person has closed a purchase whose
-- payment does not fit its order; nothing is credited, and Stripe is asked about it no more (A4).
-- `needs_person`: whether one has to. `terms_version`: the terms in force when it was ordered. `moved_at` as in `wallets`.
CREATE TABLE purchases (
    id              UUID         NOT NULL PRIMARY KEY,
    account_id      UUID         NOT NULL,
    user_id         UUID         NOT NULL,
    package_id      VARCHAR(32)  NOT NULL,
    catalog_version INT          NOT NULL,
    price_micros    BIGINT       NOT NULL,
    credits_micros  BIGINT       NOT NULL,
    bonus_micros    BIGINT       NOT NULL,
    state           ENUM('pending', 'paid', 'failed', 'expired', 'refunded', 'disputed') NOT NULL,
    is_live         BOOLEAN      NOT NULL,
    address         VARCHAR(45)  NULL,
    terms_version   VARCHAR(64)  NULL,
    session_id      VARCHAR(255) NULL,
    checkout_url    TEXT         NULL,
    payment_intent  VARCHAR(255) NULL,
    problem         VARCHAR(500) NULL,
    refunded_micros BIGINT       NOT NULL DEFAULT 0,
    clawback_micros BIGINT       NOT NULL DEFAULT 0,
    pending_micros  BIGINT       NOT NULL DEFAULT 0,
    owed_micros     BIGINT       NOT NULL DEFAULT 0,
    is_frozen       BOOLEAN      NOT NULL DEFAULT FALSE,
    reversals       INT          NOT NULL DEFAULT 0,
    next_check_at   DATETIME(6)  NULL,
    checks          INT          NOT NULL DEFAULT 0,
    asked_at        DATETIME(6)  NULL,
    created_at      DATETIME(6)  NOT NULL,
    paid_at         DATETIME(6)  NULL,
    closed_at       DATETIME(6)  NULL,
    moved_at        TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        ON UPDATE CURRENT_TIMESTAMP(6),
    needs_person    BOOLEAN      AS (IF(problem IS NOT NULL AND closed_at IS NULL, TRUE, NULL)) STORED,
    KEY idx_account (account_id, id),
    KEY idx_user (user_id),
    KEY idx_next_check (next_check_at),
    KEY idx_paid (paid_at),
    KEY idx_needs_person (needs_person),
    KEY idx_moved (moved_at),
    CONSTRAINT purchases_session_unique UNIQUE (session_id),
    CONSTRAINT purchases_payment_intent_unique UNIQUE (payment_intent),
    CONSTRAINT purchases_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT purchases_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT purchases_package_exists FOREIGN KEY (catalog_version, package_id)
        REFERENCES packages (catalog_version, id),
    CONSTRAINT purchases_amounts_positive
        CHECK (price_micros > 0 AND credits_micros > 0 AND bonus_micros >= 0),
    CONSTRAINT purchases_paid_at_iff_paid
        CHECK (IF(state IN ('paid', 'refunded', 'disputed'), paid_at IS NOT NULL, paid_at IS NULL)),
    CONSTRAINT purchases_reversal_within_purchase CHECK (
        refunded_micros BETWEEN 0 AND price_micros AND pending_micros >= 0 AND owed_micros >= 0
        AND clawback_micros BETWEEN owed_micros AND credits_micros + bonus_micros),
    CONSTRAINT purchases_paid_has_intent CHECK (paid_at IS NULL OR payment_intent IS NOT NULL)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
