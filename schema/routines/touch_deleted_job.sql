-- No job is ever taken away (J2).
CREATE OR REPLACE TRIGGER touch_deleted_job AFTER DELETE ON video_jobs FOR EACH ROW
    INSERT INTO touched_accounts (account_id, touched_at)
    VALUES (OLD.account_id, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE touched_at = UTC_TIMESTAMP(6);
