-- Gives the application's own account what it needs and no more: it reads and adds to the books,
-- and can neither change nor delete a line of them (invariants L2). `rushes migrate` calls this
-- after every migration, for the account that DATABASE_URL names.
CREATE PROCEDURE grant_application(IN account_name VARCHAR(80), IN account_host VARCHAR(255))
MODIFIES SQL DATA
BEGIN
    DECLARE grantee VARCHAR(400)
        DEFAULT CONCAT(QUOTE(account_name), '@', QUOTE(account_host));
    FOR relation IN (
        SELECT table_name AS name,
            CASE
                WHEN table_type = 'VIEW' OR table_name = 'schema_migrations' THEN 'SELECT'
                WHEN table_name IN ('ledger_entries', 'transactions', 'audit_log') THEN 'SELECT, INSERT'
                ELSE 'SELECT, INSERT, UPDATE, DELETE'
            END AS privileges
        FROM information_schema.tables
        WHERE table_schema = DATABASE()
    ) DO
        EXECUTE IMMEDIATE CONCAT(
            'GRANT ', relation.privileges, ' ON `', relation.name, '` TO ', grantee);
    END FOR;
END;
