-- How many accounts got a video on a day and had got the one before on `previous_day`; those that never
-- had are at the year 1000. So who was there in any range of days is counted once each without a look
-- at accounts: those whose day before was before the range.
CREATE TABLE daily_activity (
    day          DATE NOT NULL,
    previous_day DATE NOT NULL,
    accounts     INT  NOT NULL,
    PRIMARY KEY (day, previous_day)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
