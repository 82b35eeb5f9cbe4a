-- Refunded jobs that the vendor has called back about, and whose end there is not known yet.
UPDATE video_jobs
SET late_look_at = next_attempt_at
WHERE state = 'refunded' AND callback_task_id IS NOT NULL AND lost_micros IS NULL;
