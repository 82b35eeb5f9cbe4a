-- No lot is ever taken away (C1).
CREATE OR REPLACE TRIGGER touch_deleted_lot AFTER DELETE ON credit_lots FOR EACH ROW
    INSERT INTO touched_accounts (account_id, touched_at)
    VALUES (OLD.account_id, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE touched_at = UTC_TIMESTAMP(6);
