-- How many videos of a day and tier took up to `seconds` from their order to their end, in steps of five
-- seconds: from which the wait that half of them, or nine in ten, had over any range of days follows.
CREATE TABLE daily_waits (
    day     DATE        NOT NULL,
    tier    VARCHAR(32) NOT NULL,
    seconds INT         NOT NULL,
    videos  INT         NOT NULL,
    PRIMARY KEY (day, tier, seconds)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
