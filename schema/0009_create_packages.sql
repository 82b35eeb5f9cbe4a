-- The amounts of credit that are sold, by catalog version. Amounts in micro-dollars.
CREATE TABLE packages (
    catalog_version INT         NOT NULL,
    id              VARCHAR(32) NOT NULL,
    position        INT         NOT NULL,
    price_micros    BIGINT      NOT NULL,
    credits_micros  BIGINT      NOT NULL,
    bonus_micros    BIGINT      NOT NULL,
    is_popular      BOOLEAN     NOT NULL,
    PRIMARY KEY (catalog_version, id),
    CONSTRAINT packages_version_exists FOREIGN KEY (catalog_version)
        REFERENCES catalog_versions (version),
    CONSTRAINT packages_price_whole_cents CHECK (price_micros > 0 AND price_micros % 10000 = 0),
    CONSTRAINT packages_credits_positive CHECK (credits_micros > 0),
    CONSTRAINT packages_bonus_not_negative CHECK (bonus_micros >= 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
