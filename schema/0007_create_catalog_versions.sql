-- Prices change only by a new version; what was ordered keeps the version it was ordered at. The last
-- version whose `valid_from` is past is the one that orders are taken at; a later version is never
-- valid sooner.
CREATE TABLE catalog_versions (
    version    INT          NOT NULL PRIMARY KEY,
    reason     VARCHAR(500) NOT NULL,
    created_by UUID         NULL,
    created_at DATETIME(6)  NOT NULL,
    valid_from DATETIME(6)  NOT NULL DEFAULT UTC_TIMESTAMP(6),
    CONSTRAINT catalog_versions_author_exists FOREIGN KEY (created_by) REFERENCES users (id),
    CONSTRAINT catalog_versions_version_positive CHECK (version > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
