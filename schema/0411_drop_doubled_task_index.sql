-- The unique key `video_jobs_task_unique` finds a task as well.
ALTER TABLE video_jobs DROP KEY idx_task_id;
