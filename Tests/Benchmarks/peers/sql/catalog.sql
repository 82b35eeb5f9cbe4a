SELECT version
FROM catalog_versions
WHERE valid_from <= UTC_TIMESTAMP(6)
ORDER BY version DESC
LIMIT 1
