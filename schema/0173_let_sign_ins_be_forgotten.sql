-- As before, and what is kept of tries and of links in mails may be deleted when it is over.
CREATE OR REPLACE PROCEDURE grant_application(IN account_name VARCHAR(80), IN account_host VARCHAR(255))
MODIFIES SQL DATA
BEGIN
    DECLARE grantee VARCHAR(400)
        DEFAULT CONCAT(QUOTE(account_name), '@', QUOTE(account_host));
    FOR relation IN (
        SELECT table_name AS name,
            CASE
                WHEN table_type = 'VIEW' OR table_name = 'schema_migrations' THEN 'SELECT'
                WHEN table_name IN ('ledger_entries', 'transactions', 'audit_log') THEN 'SELECT, INSERT'
                WHEN table_name IN ('sessions', 'idempotency_keys', 'outbox', 'webhook_endpoints',
                                    'health_checks', 'throttles', 'mail_tokens')
                    THEN 'SELECT, INSERT, UPDATE, DELETE'
                ELSE 'SELECT, INSERT, UPDATE'
            END AS privileges
        FROM information_schema.tables
        WHERE table_schema = DATABASE()
    ) DO
        EXECUTE IMMEDIATE CONCAT(
            'GRANT ', relation.privileges, ' ON `', relation.name, '` TO ', grantee);
        IF relation.privileges = 'SELECT, INSERT, UPDATE' THEN
            BEGIN
                -- 1147: it was never granted.
                DECLARE CONTINUE HANDLER FOR 1147 BEGIN END;
                EXECUTE IMMEDIATE CONCAT(
                    'REVOKE DELETE ON `', relation.name, '` FROM ', grantee);
            END;
        END IF;
    END FOR;
END;
