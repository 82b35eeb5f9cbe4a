-- A job whose last look had no answer gets more time, bounded by `extensions` (J14). A refunded job
-- whose task is known is asked for at `late_look_at`, `late_looks` times so far, until the vendor
-- tells whether it made the video; until then a loss is presumed.
ALTER TABLE video_jobs
    ADD COLUMN extensions       INT         NOT NULL DEFAULT 0,
    ADD COLUMN is_loss_presumed BOOLEAN     NOT NULL DEFAULT FALSE,
    ADD COLUMN late_looks       INT         NOT NULL DEFAULT 0,
    ADD COLUMN late_look_at     DATETIME(6) NULL,
    ADD KEY idx_late_look (late_look_at),
    ADD CONSTRAINT video_jobs_presumed_is_loss
        CHECK (NOT is_loss_presumed OR COALESCE(lost_micros, 0) > 0),
    ADD CONSTRAINT video_jobs_late_look_where_refunded
        CHECK (late_look_at IS NULL OR state = 'refunded');
