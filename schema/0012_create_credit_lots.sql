-- The credit of one purchase, bonus or grant, with its own expiry (invariants C1 to C6). At every
-- commit what was granted is remaining, held, spent, expired, clawed back, or taken by the operator who
-- gave it. Of two that lapse at once the given one is spent first. The remaining part of a frozen lot is
-- not available, and does not lapse. `moved_at` as in `wallets`.
CREATE TABLE credit_lots (
    id                  UUID        NOT NULL PRIMARY KEY,
    account_id          UUID        NOT NULL,
    source              ENUM('purchase', 'bonus', 'grant') NOT NULL,
    is_bought           BOOLEAN AS (source = 'purchase') STORED,
    purchase_id         UUID        NULL,
    granted_micros      BIGINT      NOT NULL,
    remaining_micros    BIGINT      NOT NULL,
    held_micros         BIGINT      NOT NULL DEFAULT 0,
    spent_micros        BIGINT      NOT NULL DEFAULT 0,
    expired_micros      BIGINT      NOT NULL DEFAULT 0,
    clawed_back_micros  BIGINT      NOT NULL DEFAULT 0,
    taken_micros        BIGINT      NOT NULL DEFAULT 0,
    created_at          DATETIME(6) NOT NULL,
    original_expires_at DATETIME(6) NOT NULL,
    expires_at          DATETIME(6) NOT NULL,
    expiries            INT         NOT NULL DEFAULT 0,
    frozen_at           DATETIME(6) NULL,
    moved_at            TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        ON UPDATE CURRENT_TIMESTAMP(6),
    lapses_at           DATETIME(6) AS (
        IF(remaining_micros > 0 AND frozen_at IS NULL, expires_at, NULL)) STORED,
    KEY idx_spend_order (account_id, expires_at, is_bought, id),
    KEY idx_lapses (lapses_at, account_id),
    KEY idx_purchase (purchase_id),
    KEY idx_moved (moved_at),
    CONSTRAINT credit_lots_wallet_exists FOREIGN KEY (account_id)
        REFERENCES wallets (account_id),
    CONSTRAINT credit_lots_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id),
    CONSTRAINT credit_lots_granted_positive CHECK (granted_micros > 0),
    CONSTRAINT credit_lots_parts_not_negative CHECK (
        remaining_micros >= 0 AND held_micros >= 0 AND spent_micros >= 0
        AND expired_micros >= 0 AND clawed_back_micros >= 0 AND taken_micros >= 0),
    CONSTRAINT credit_lots_parts_add_up CHECK (
        granted_micros = remaining_micros + held_micros + spent_micros + expired_micros
            + clawed_back_micros + taken_micros),
    CONSTRAINT credit_lots_taken_where_given CHECK (taken_micros = 0 OR source = 'grant'),
    CONSTRAINT credit_lots_purchase_iff_bought
        CHECK ((purchase_id IS NULL) = (source = 'grant'))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
