-- The first price list.
INSERT INTO catalog_versions (version, reason, created_at)
VALUES (1, 'first price list', UTC_TIMESTAMP(6));
