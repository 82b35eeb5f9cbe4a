-- Per user, in dollars: what they made and spent, and what is left to the accounts that they own. Each
-- figure is looked up by itself, so that one user, or a page of them, costs what they have made.
CREATE OR REPLACE VIEW user_analytics AS
SELECT
    users.id,
    users.email,
    (SELECT COUNT(*) FROM video_jobs WHERE video_jobs.user_id = users.id) AS total_videos,
    CAST(COALESCE(
             (SELECT SUM(user_charged_micros)
              FROM video_jobs
              WHERE video_jobs.user_id = users.id AND state = 'delivered'), 0)
         / 1000000 AS DECIMAL(18, 6)) AS total_spent,
    (SELECT MAX(created_at) FROM video_jobs WHERE video_jobs.user_id = users.id) AS last_generation,
    CAST(COALESCE(
             (SELECT SUM(wallets.available_micros)
              FROM members
              JOIN wallets ON wallets.account_id = members.account_id
              WHERE members.user_id = users.id AND members.role = 'owner'), 0)
         / 1000000 AS DECIMAL(18, 6)) AS credits_balance
FROM users;
