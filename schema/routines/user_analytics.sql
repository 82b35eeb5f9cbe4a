-- Per user, in dollars: what they made and spent, and what is left to the accounts that they own.
CREATE OR REPLACE VIEW user_analytics AS
SELECT
    users.id,
    users.email,
    COUNT(video_jobs.id) AS total_videos,
    CAST(COALESCE(SUM(IF(video_jobs.state = 'delivered', video_jobs.user_charged_micros, 0)), 0)
         / 1000000 AS DECIMAL(18, 6)) AS total_spent,
    MAX(video_jobs.created_at) AS last_generation,
    CAST(COALESCE(
             (SELECT SUM(wallets.available_micros)
              FROM members
              JOIN wallets ON wallets.account_id = members.account_id
              WHERE members.user_id = users.id AND members.role = 'owner'), 0)
         / 1000000 AS DECIMAL(18, 6)) AS credits_balance
FROM users
LEFT JOIN video_jobs ON video_jobs.user_id = users.id
GROUP BY users.id, users.email;
