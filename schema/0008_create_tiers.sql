-- The models that are sold, by catalog version. Rates are micro-dollars per second. `fields` says
-- what each mode takes; form, validation, API description and vendor payload follow from it.
CREATE TABLE tiers (
    catalog_version         INT          NOT NULL,
    id                      VARCHAR(32)  NOT NULL,
    position                INT          NOT NULL,
    name                    VARCHAR(100) NOT NULL,
    model                   VARCHAR(100) NOT NULL,
    vendor_path             VARCHAR(200) NOT NULL,
    cost_per_second_micros  BIGINT       NOT NULL,
    price_per_second_micros BIGINT       NOT NULL,
    durations               JSON         NOT NULL,
    features                JSON         NOT NULL,
    fields                  JSON         NOT NULL,
    is_popular              BOOLEAN      NOT NULL,
    is_enabled              BOOLEAN      NOT NULL,
    PRIMARY KEY (catalog_version, id),
    CONSTRAINT tiers_version_exists FOREIGN KEY (catalog_version)
        REFERENCES catalog_versions (version),
    CONSTRAINT tiers_cost_not_negative CHECK (cost_per_second_micros >= 0),
    CONSTRAINT tiers_price_positive CHECK (price_per_second_micros > 0),
    CONSTRAINT tiers_id_not_auto CHECK (id <> 'auto')
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
