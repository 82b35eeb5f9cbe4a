-- Each process of `work`, which says four times a minute that it lives, and how much room there is where
-- it puts the videos. One that ends takes its row away; one that was killed is forgotten after a day.
CREATE TABLE workers (
    id         UUID         NOT NULL PRIMARY KEY,
    host       VARCHAR(255) NOT NULL,
    process    INT          NOT NULL,
    version    VARCHAR(32)  NOT NULL,
    started_at DATETIME(6)  NOT NULL,
    seen_at    DATETIME(6)  NOT NULL,
    free_bytes BIGINT       NULL,
    size_bytes BIGINT       NULL,
    KEY idx_seen (seen_at),
    CONSTRAINT workers_room_whole CHECK ((free_bytes IS NULL) = (size_bytes IS NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
