-- When the vendor was last asked what became of a job's task: those that it did not tell of are
-- asked for again after all others (R4).
ALTER TABLE video_jobs ADD COLUMN reconcile_tried_at DATETIME(6) NULL;
