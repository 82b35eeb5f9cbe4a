-- The days (UTC) on which an account got a video, with the one before: counted with the days of
-- `daily_figures`, for `daily_activity`. Without a day before, it is the account's first video.
CREATE TABLE customer_days (
    day          DATE NOT NULL,
    account_id   UUID NOT NULL,
    previous_day DATE NULL,
    PRIMARY KEY (day, account_id),
    KEY idx_account (account_id, day)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
