-- What customers can spend, by its age in days: up to 7, 30 or 90, and 36500 for older. Counted by a
-- chore of `work`, all of it each time.
CREATE TABLE open_credit (
    days          INT         NOT NULL PRIMARY KEY,
    bought_micros BIGINT      NOT NULL,
    given_micros  BIGINT      NOT NULL,
    counted_at    DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
