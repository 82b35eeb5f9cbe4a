-- What the vendor takes for a second of a tier once `from_seconds` of it were made in a calendar month
-- (UTC), by catalog version; before the first step it is the tier's own rate.
CREATE TABLE cost_steps (
    catalog_version        INT         NOT NULL,
    tier                   VARCHAR(32) NOT NULL,
    from_seconds           INT         NOT NULL,
    cost_per_second_micros BIGINT      NOT NULL,
    PRIMARY KEY (catalog_version, tier, from_seconds),
    CONSTRAINT cost_steps_tier_exists FOREIGN KEY (catalog_version, tier)
        REFERENCES tiers (catalog_version, id),
    CONSTRAINT cost_steps_seconds_positive CHECK (from_seconds > 0),
    CONSTRAINT cost_steps_cost_not_negative CHECK (cost_per_second_micros >= 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
