SELECT video_jobs.id, tier, state, failure_reason, title, is_favorite, prompt, negative_prompt,
    input_image_url, image_tail_url, aspect_ratio, resolution, mode, strength, seed, duration_seconds, task_id,
    user_charged_micros, IF(state = 'queued', jobs_ahead(turn_at), NULL) AS jobs_ahead,
    IF(state = 'queued' AND undo_until > UTC_TIMESTAMP(6), undo_until, NULL) AS undo_until,
    video_jobs.created_at, completed_at, version, file_bytes, file_sha256, file_milliseconds,
    file_width, file_height, has_poster
FROM video_jobs FORCE INDEX (idx_account)
WHERE account_id = ? AND deleted_at IS NULL
ORDER BY id DESC
LIMIT 21
