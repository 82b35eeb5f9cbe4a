-- Does one leg of an effect on an account's credit, in the transaction that the caller has open with
-- the lock on the wallet (L4 to L7): changes its lot, adds the entry, and with the effect's first leg
-- changes the balances and writes the line that people read. What changes nothing is left out: a lot
-- whose parts are all zero, balances that are all zero, a line without an id.
--
-- Gives no result, or one row `disagrees`, the name of what would fall below zero or is not there: the
-- books are wrong, and the caller has to roll back. The same `op_key` and `leg` again is error 1062.
--
-- `in_grace` is how long after its first expiry, in microseconds, what comes back to a lot that has
-- lapsed can be spent (C5).
CREATE OR REPLACE PROCEDURE move_credit(
    IN in_account UUID,
    IN in_lot UUID, IN in_remaining BIGINT, IN in_lot_held BIGINT, IN in_spent BIGINT,
    IN in_expired BIGINT, IN in_clawed_back BIGINT, IN in_taken BIGINT, IN in_grace BIGINT,
    IN in_available BIGINT, IN in_held BIGINT, IN in_frozen BIGINT, IN in_shortfall BIGINT,
    IN in_low_balance BIGINT,
    IN in_entry UUID, IN in_op_key VARCHAR(255) CHARACTER SET utf8mb4, IN in_leg INT,
    IN in_kind VARCHAR(16),
    IN in_debit VARCHAR(32), IN in_credit VARCHAR(32), IN in_amount BIGINT,
    IN in_job UUID, IN in_purchase UUID,
    IN in_line UUID, IN in_user UUID, IN in_type VARCHAR(32), IN in_balance BIGINT,
    IN in_description VARCHAR(500) CHARACTER SET utf8mb4,
    IN in_detail VARCHAR(4000) CHARACTER SET utf8mb4)
MODIFIES SQL DATA
SQL SECURITY INVOKER
move: BEGIN
    IF in_remaining <> 0 OR in_lot_held <> 0 OR in_spent <> 0 OR in_expired <> 0
        OR in_clawed_back <> 0 OR in_taken <> 0
    THEN
        UPDATE credit_lots
        SET remaining_micros = remaining_micros + in_remaining,
            held_micros = held_micros + in_lot_held,
            spent_micros = spent_micros + in_spent,
            expired_micros = expired_micros + in_expired,
            clawed_back_micros = clawed_back_micros + in_clawed_back,
            taken_micros = taken_micros + in_taken,
            expiries = expiries + (in_kind = 'expire'),
            expires_at = IF(in_grace IS NULL OR expires_at > UTC_TIMESTAMP(6), expires_at,
                original_expires_at + INTERVAL in_grace MICROSECOND)
        WHERE id = in_lot AND remaining_micros + in_remaining >= 0
            AND held_micros + in_lot_held >= 0 AND spent_micros + in_spent >= 0
            AND expired_micros + in_expired >= 0
            AND clawed_back_micros + in_clawed_back >= 0
            AND taken_micros + in_taken >= 0;
        IF ROW_COUNT() <> 1 THEN
            SELECT CONCAT('the lot ', in_lot) AS disagrees;
            LEAVE move;
        END IF;
    END IF;

    IF in_available <> 0 OR in_held <> 0 OR in_frozen <> 0 OR in_shortfall <> 0 THEN
        UPDATE wallets
        SET available_micros = available_micros + in_available,
            held_micros = held_micros + in_held,
            frozen_micros = frozen_micros + in_frozen,
            shortfall_micros = shortfall_micros + in_shortfall,
            is_low = is_low AND available_micros < in_low_balance
        WHERE account_id = in_account AND available_micros + in_available >= 0
            AND held_micros + in_held >= 0 AND frozen_micros + in_frozen >= 0
            AND shortfall_micros + in_shortfall >= 0;
        IF ROW_COUNT() <> 1 THEN
            SELECT CONCAT('the wallet of ', in_account) AS disagrees;
            LEAVE move;
        END IF;
    END IF;

    INSERT INTO ledger_entries
        (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
         lot_id, job_id, purchase_id, created_at)
    VALUES (in_entry, in_op_key, in_leg, in_kind, in_debit, in_credit, in_amount, in_account,
        in_lot, in_job, in_purchase, UTC_TIMESTAMP(6));

    IF in_line IS NOT NULL THEN
        CALL record_line(in_account, in_line, in_user, in_type, in_available, in_balance,
            in_description, in_detail, in_op_key, in_job, in_purchase);
    END IF;
END;
