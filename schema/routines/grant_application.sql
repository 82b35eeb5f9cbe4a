-- Gives the application's own account what it needs and no more: it reads and adds to the books, and
-- can neither change nor delete an entry of them (L2). What it only adds to or changes it may not
-- delete either: a row of money, of a job or of an event seen is kept for ever, so that no defect of
-- ours can take one away (W2). `rushes migrate` calls this after every migration, for the account
-- that DATABASE_URL names.
CREATE OR REPLACE PROCEDURE grant_application(IN account_name VARCHAR(80), IN account_host VARCHAR(255))
MODIFIES SQL DATA
BEGIN
    DECLARE grantee VARCHAR(400)
        DEFAULT CONCAT(QUOTE(account_name), '@', QUOTE(account_host));
    FOR relation IN (
        SELECT table_name AS name,
            CASE
                WHEN table_type = 'VIEW' OR table_name IN ('schema_migrations', 'schema_routines',
                                                               'touched_accounts')
                    THEN 'SELECT'
                WHEN table_name IN ('ledger_entries', 'ledger_checkpoints', 'transactions', 'audit_log',
                                    'documents', 'sellers')
                    THEN 'SELECT, INSERT'
                WHEN table_name IN ('sessions', 'idempotency_keys', 'outbox', 'webhook_endpoints',
                                    'health_checks', 'throttles', 'mail_tokens', 'queue_marks',
                                    'daily_figures', 'customer_days', 'daily_activity',
                                    'daily_waits', 'uploads', 'second_factors',
                                    'recovery_codes', 'exports', 'video_shares',
                                    'video_archives', 'health_changes', 'workers')
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
    FOR routine IN (
        SELECT routine_type AS type, routine_name AS name
        FROM information_schema.routines
        WHERE routine_schema = DATABASE()
            AND routine_name IN ('jobs_ahead', 'move_credit', 'order_intake', 'record_line')
    ) DO
        EXECUTE IMMEDIATE CONCAT(
            'GRANT EXECUTE ON ', routine.type, ' `', routine.name, '` TO ', grantee);
    END FOR;
END;
