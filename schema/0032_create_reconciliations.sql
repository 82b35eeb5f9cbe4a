-- What each comparison of our books with the vendors' found. `pollo_hundredths` is the vendor's
-- balance at the time, in hundredths of a credit, against which the next run measures.
CREATE TABLE reconciliations (
    id               UUID        NOT NULL PRIMARY KEY,
    started_at       DATETIME(6) NOT NULL,
    finished_at      DATETIME(6) NOT NULL,
    differences      INT         NOT NULL,
    report           JSON        NOT NULL,
    pollo_hundredths BIGINT      NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
