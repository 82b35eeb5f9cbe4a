-- Per user, in dollars: what was made and spent, and what is left.
CREATE OR REPLACE VIEW user_analytics AS
SELECT
    users.id,
    users.email,
    COUNT(video_jobs.id) AS total_videos,
    CAST(COALESCE(SUM(IF(video_jobs.state = 'delivered', video_jobs.user_charged_micros, 0)), 0)
         / 1000000 AS DECIMAL(18, 6)) AS total_spent,
    MAX(video_jobs.created_at) AS last_generation,
    CAST(COALESCE(MAX(wallets.available_micros), 0) / 1000000
         AS DECIMAL(18, 6)) AS credits_balance
FROM users
LEFT JOIN wallets ON wallets.user_id = users.id
LEFT JOIN video_jobs ON video_jobs.user_id = users.id
GROUP BY users.id, users.email;
