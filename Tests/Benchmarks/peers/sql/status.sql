SELECT id, tier, state, failure_reason, prompt, negative_prompt, input_image_url, image_tail_url,
    aspect_ratio, resolution, mode, strength, seed, duration_seconds, task_id,
    user_charged_micros, CAST(turn_at AS CHAR) AS turn_at, created_at, completed_at, version,
    file_bytes, file_sha256, file_milliseconds, file_width, file_height, has_poster
FROM video_jobs
WHERE id = ? AND account_id = ?
