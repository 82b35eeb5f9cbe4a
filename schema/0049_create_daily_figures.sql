-- What each day (UTC) brought, of each tier and, with an empty tier, of what belongs to none: kept by a
-- chore of `work` from the ledger and the jobs, a day as a whole each time, the days in their order
-- without a gap. `videos` to `cost_micros` are of jobs by their end; the others of entries by their
-- own time. `sold_micros` is credit that was paid for, `price_micros` what was paid for it, `given`
-- bonus and grants, `spent` revenue, `lapsed` breakage; `refunded` and `disputed` is credit, or a
-- debt, that was taken for money that went back, less what came back of it.
CREATE TABLE daily_figures (
    day             DATE        NOT NULL,
    tier            VARCHAR(32) NOT NULL,
    videos          INT         NOT NULL DEFAULT 0,
    failures        INT         NOT NULL DEFAULT 0,
    video_seconds   BIGINT      NOT NULL DEFAULT 0,
    cost_micros     BIGINT      NOT NULL DEFAULT 0,
    lost_micros     BIGINT      NOT NULL DEFAULT 0,
    spent_micros    BIGINT      NOT NULL DEFAULT 0,
    price_micros    BIGINT      NOT NULL DEFAULT 0,
    sold_micros     BIGINT      NOT NULL DEFAULT 0,
    given_micros    BIGINT      NOT NULL DEFAULT 0,
    lapsed_micros   BIGINT      NOT NULL DEFAULT 0,
    refunded_micros BIGINT      NOT NULL DEFAULT 0,
    disputed_micros BIGINT      NOT NULL DEFAULT 0,
    counted_at      DATETIME(6) NOT NULL,
    PRIMARY KEY (day, tier)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
