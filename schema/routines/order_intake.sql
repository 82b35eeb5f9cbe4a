-- What there is to know of an order before it is accepted, as one row: what its key was used for
-- (`request_hash` is NULL where it was not), whether this very order was accepted before, what the
-- auditor's looks have found that stops it (A3), whether an operator has paused orders, the number of the
-- account's last call, where its next video stands in the queue, and how many jobs are before that.
--
-- The next video stands behind the account's last one that is still open, `in_turn_seconds` later. It
-- shares the lock on the switch that pauses orders, so that whoever turns it waits for the orders that did
-- not see it, and locks nothing else: the caller has locked the wallet, so that two orders at once come one
-- after the other.
CREATE OR REPLACE PROCEDURE order_intake(
    IN in_call UUID, IN in_account UUID,
    IN in_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
    IN in_turn_seconds INT)
READS SQL DATA
SQL SECURITY INVOKER
BEGIN
    DECLARE used_hash VARBINARY(32);
    DECLARE used_status INT;
    DECLARE used_answer LONGTEXT CHARACTER SET utf8mb4;
    DECLARE used_is_over BOOLEAN DEFAULT FALSE;
    DECLARE any_finding BOOLEAN;
    DECLARE pauses_all BOOLEAN DEFAULT FALSE;
    DECLARE stops_all BOOLEAN DEFAULT FALSE;
    DECLARE stops_account BOOLEAN DEFAULT FALSE;
    DECLARE last_turn DATETIME(6);
    DECLARE next_turn DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
    DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;

    IF in_key IS NOT NULL THEN
        SELECT request_hash, status_code, answer,
            created_at <= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
        INTO used_hash, used_status, used_answer, used_is_over
        FROM idempotency_keys
        WHERE account_id = in_account AND client_key = in_key;
    END IF;

    -- The end of an index says whether there is any; to look for one is dearer.
    SELECT MAX(is_open)
    INTO any_finding
    FROM findings;
    IF any_finding THEN
        SELECT EXISTS (SELECT 1 FROM findings WHERE is_open = 1 AND scope = 'whole'),
            EXISTS (
                SELECT 1
                FROM findings
                WHERE is_open = 1 AND scope = 'account' AND account_id = in_account)
        INTO stops_all, stops_account;
    END IF;

    SELECT is_on
    INTO pauses_all
    FROM announcements
    WHERE name = 'orders'
    LOCK IN SHARE MODE;

    SELECT MAX(open_turn)
    INTO last_turn
    FROM video_jobs
    WHERE account_id = in_account;
    IF last_turn IS NOT NULL THEN
        SET next_turn = GREATEST(next_turn, last_turn + INTERVAL in_turn_seconds SECOND);
    END IF;

    SELECT used_hash AS request_hash, used_status AS status_code, used_answer AS answer,
        used_is_over AS is_over,
        EXISTS (SELECT 1 FROM generate_calls WHERE id = in_call) AS is_accepted,
        stops_all AS is_stopped, stops_account AS is_held, pauses_all AS is_paused,
        COALESCE((SELECT MAX(number) FROM generate_calls WHERE account_id = in_account), 0)
            AS last_call,
        CAST(next_turn AS CHAR) AS turn_at, jobs_ahead(next_turn) AS jobs_ahead;
END;
