-- Who was at the command line: a line without an administrator names the account of the operating
-- system.
ALTER TABLE audit_log
    ADD COLUMN system_user_name VARCHAR(255) NULL AFTER actor_id,
    ADD KEY idx_action (action, id);
