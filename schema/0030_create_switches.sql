-- What a person or a rule turns on or off for the whole shop. A switch that was never turned is off.
CREATE TABLE switches (
    name       VARCHAR(32) NOT NULL PRIMARY KEY,
    is_on      BOOLEAN     NOT NULL,
    changed_at DATETIME(6) NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
