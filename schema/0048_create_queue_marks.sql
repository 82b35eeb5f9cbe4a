-- Milestones of the queue, which a chore of `work` sets anew each second, and an order where its place
-- is a round number: at `turn_at`, `position` jobs were before it. Who asks for a place counts from the
-- last one before it on, and not from the front.
CREATE TABLE queue_marks (
    turn_at  DATETIME(6) NOT NULL,
    position INT         NOT NULL,
    PRIMARY KEY (turn_at, position)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
