-- What each day (UTC) brought, of each tier and, with an empty tier, of what belongs to none: kept by a
-- chore of `work` from the ledger and the jobs, a day as a whole each time, the days in their order
-- without a gap. `videos` to `spent_micros` are of jobs by their end; the others of entries by their
-- own time. `refusals` are of the failures those that the vendor would not make; `cost` is what the
-- vendor took, and what is expected where it has not told; `estimated` what was expected of the same
-- videos, `actual` what it told. `sold_micros` is credit that was paid for, `price_micros` what was paid
-- for it in `purchases` purchases, `given` bonus and grants, `settled` revenue by the ledger, `lapsed`
-- breakage; `refunded` and `disputed` is credit, or a debt, that was taken for money that went back,
-- less what came back of it; `adjusted` what operators changed. `open_micros` is by how much all that
-- customers hold grew, `owed_micros` what they owe. `fee_micros` is what Stripe took, `net_micros` what came to
-- our balance there, by `stripe_transactions` of the day, which are read some hours later. `signups` are of users, `first_purchases` of
-- accounts that never paid before.
CREATE TABLE daily_figures (
    day              DATE        NOT NULL,
    tier             VARCHAR(32) NOT NULL,
    videos           INT         NOT NULL DEFAULT 0,
    failures         INT         NOT NULL DEFAULT 0,
    refusals         INT         NOT NULL DEFAULT 0,
    cancellations    INT         NOT NULL DEFAULT 0,
    video_seconds    BIGINT      NOT NULL DEFAULT 0,
    estimated_micros BIGINT      NOT NULL DEFAULT 0,
    actual_micros    BIGINT      NOT NULL DEFAULT 0,
    cost_micros      BIGINT      NOT NULL DEFAULT 0,
    lost_micros      BIGINT      NOT NULL DEFAULT 0,
    spent_micros     BIGINT      NOT NULL DEFAULT 0,
    purchases        INT         NOT NULL DEFAULT 0,
    price_micros     BIGINT      NOT NULL DEFAULT 0,
    sold_micros      BIGINT      NOT NULL DEFAULT 0,
    given_micros     BIGINT      NOT NULL DEFAULT 0,
    settled_micros   BIGINT      NOT NULL DEFAULT 0,
    lapsed_micros    BIGINT      NOT NULL DEFAULT 0,
    refunded_micros  BIGINT      NOT NULL DEFAULT 0,
    disputed_micros  BIGINT      NOT NULL DEFAULT 0,
    adjusted_micros  BIGINT      NOT NULL DEFAULT 0,
    open_micros      BIGINT      NOT NULL DEFAULT 0,
    owed_micros      BIGINT      NOT NULL DEFAULT 0,
    fee_micros       BIGINT      NOT NULL DEFAULT 0,
    net_micros       BIGINT      NOT NULL DEFAULT 0,
    signups          INT         NOT NULL DEFAULT 0,
    first_purchases  INT         NOT NULL DEFAULT 0,
    counted_at       DATETIME(6) NOT NULL,
    PRIMARY KEY (day, tier),
    KEY idx_tier (tier, day)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
