-- What we have at the vendor of the videos, at what its credit costs us, as `work` last read it.
CREATE TABLE vendor_balances (
    name           VARCHAR(16) NOT NULL PRIMARY KEY,
    balance_micros BIGINT      NOT NULL,
    asked_at       DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
