-- Writes the line of an account's list that people read, with the balance after it. `in_user` is who
-- did what it tells of; where it is NULL, who ordered the job or bought the credit, of all else the
-- account's owner, and nobody where it has no member: the line is written all the same.
CREATE OR REPLACE PROCEDURE record_line(
    IN in_account UUID, IN in_line UUID, IN in_user UUID, IN in_type VARCHAR(32),
    IN in_amount BIGINT, IN in_balance BIGINT,
    IN in_description VARCHAR(500) CHARACTER SET utf8mb4,
    IN in_detail VARCHAR(4000) CHARACTER SET utf8mb4,
    IN in_op_key VARCHAR(255) CHARACTER SET utf8mb4, IN in_job UUID, IN in_purchase UUID)
MODIFIES SQL DATA
SQL SECURITY INVOKER
BEGIN
    -- Looked up before, since an INSERT locks what it looks up.
    IF in_user IS NULL THEN
        SELECT COALESCE(
            (SELECT user_id FROM video_jobs WHERE id = in_job),
            (SELECT user_id FROM purchases WHERE id = in_purchase),
            (SELECT user_id
             FROM members
             WHERE account_id = in_account
             ORDER BY role, created_at, user_id
             LIMIT 1))
        INTO in_user;
    END IF;
    INSERT INTO transactions
        (id, account_id, user_id, type, amount_micros, balance_after_micros, description, detail,
         op_key, job_id, purchase_id, created_at)
    VALUES (in_line, in_account, in_user, in_type, in_amount, in_balance, in_description, in_detail,
        in_op_key, in_job, in_purchase, UTC_TIMESTAMP(6));
END;
