SELECT MAX(version) AS version FROM catalog_versions WHERE valid_from <= UTC_TIMESTAMP(6)
