-- Credit that an operator gave and took back: one more part that a lot can go to (C1).
ALTER TABLE credit_lots
    ADD COLUMN taken_micros BIGINT NOT NULL DEFAULT 0 AFTER clawed_back_micros,
    DROP CONSTRAINT credit_lots_parts_not_negative,
    DROP CONSTRAINT credit_lots_parts_add_up,
    ADD CONSTRAINT credit_lots_parts_not_negative CHECK (
        remaining_micros >= 0 AND held_micros >= 0 AND spent_micros >= 0
        AND expired_micros >= 0 AND clawed_back_micros >= 0 AND taken_micros >= 0),
    ADD CONSTRAINT credit_lots_parts_add_up CHECK (
        granted_micros = remaining_micros + held_micros + spent_micros + expired_micros
            + clawed_back_micros + taken_micros),
    ADD CONSTRAINT credit_lots_taken_where_given CHECK (taken_micros = 0 OR source = 'grant');
