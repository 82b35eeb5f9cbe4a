-- How many jobs wait whose turn is before this one: what the last milestone before it says, and those
-- between, which are never more than lie between two milestones and what has come since.
CREATE OR REPLACE FUNCTION jobs_ahead(in_turn DATETIME(6)) RETURNS INT
READS SQL DATA
SQL SECURITY INVOKER
BEGIN
    DECLARE any_mark DATETIME(6);
    DECLARE mark_turn DATETIME(6) DEFAULT '1000-01-01';
    DECLARE mark_position INT DEFAULT 0;
    DECLARE since_mark INT DEFAULT 0;
    DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN END;
    -- The end of an index says whether there is one; to look for it is dearer, and a short queue has none.
    SELECT MAX(turn_at)
    INTO any_mark
    FROM queue_marks
    WHERE turn_at <= in_turn;
    IF any_mark IS NOT NULL THEN
        SELECT position, turn_at
        INTO mark_position, mark_turn
        FROM queue_marks
        WHERE turn_at <= in_turn
        ORDER BY turn_at DESC, position DESC
        LIMIT 1;
    END IF;
    SELECT COUNT(*)
    INTO since_mark
    FROM video_jobs FORCE INDEX (idx_turn)
    WHERE state = 'queued' AND turn_at >= mark_turn AND turn_at < in_turn;
    RETURN mark_position + since_mark;
END;
