-- No entry of the ledger is ever changed (L2).
CREATE OR REPLACE TRIGGER touch_changed_entry AFTER UPDATE ON ledger_entries FOR EACH ROW
    INSERT INTO touched_accounts (account_id, touched_at)
    VALUES (OLD.account_id, UTC_TIMESTAMP(6)), (NEW.account_id, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE touched_at = UTC_TIMESTAMP(6);
