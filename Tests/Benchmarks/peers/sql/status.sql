SELECT users.id AS signed_in_id, email, email_verified_at, users.role AS user_role,
    users.leaves_at, users.created_at AS user_created_at, members.account_id, members.role AS member_role,
    proved_at > UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE AS is_recent,
    last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE AS is_stale,
    video_jobs.id, tier, state, failure_reason, title, is_favorite, prompt, negative_prompt,
    input_image_url, image_tail_url, aspect_ratio, resolution, mode, strength, seed, duration_seconds, task_id,
    user_charged_micros, IF(state = 'queued', jobs_ahead(turn_at), NULL) AS jobs_ahead,
    IF(state = 'queued' AND undo_until > UTC_TIMESTAMP(6), undo_until, NULL) AS undo_until,
    video_jobs.created_at, completed_at, version, file_bytes, file_sha256, file_milliseconds,
    file_width, file_height, has_poster
FROM sessions
JOIN users ON users.id = sessions.user_id
LEFT JOIN members ON members.user_id = users.id
    AND members.account_id = (
        SELECT mine.account_id
        FROM members AS mine
        WHERE mine.user_id = sessions.user_id
        ORDER BY mine.role, mine.created_at, mine.account_id
        LIMIT 1)
LEFT JOIN video_jobs
    ON video_jobs.id = ? AND video_jobs.account_id = members.account_id
        AND video_jobs.deleted_at IS NULL
WHERE id_hash = ? AND expires_at > UTC_TIMESTAMP(6)
    AND last_used_at > UTC_TIMESTAMP(6) - INTERVAL 30 DAY AND blocked_at IS NULL
