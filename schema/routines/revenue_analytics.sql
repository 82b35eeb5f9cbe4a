-- Per day and tier, in dollars: what was delivered, what it brought and what it cost. Of the days that
-- are counted (`daily_figures`) what was counted, of what came after them each job.
CREATE OR REPLACE VIEW revenue_analytics AS
SELECT
    day AS date,
    tier,
    videos AS generations,
    CAST(spent_micros / 1000000 AS DECIMAL(18, 6)) AS revenue,
    CAST(cost_micros / 1000000 AS DECIMAL(18, 6)) AS costs,
    CAST((spent_micros - cost_micros) / 1000000 AS DECIMAL(18, 6)) AS profit,
    CAST(video_seconds / videos AS DECIMAL(10, 2)) AS avg_duration
FROM daily_figures
WHERE videos > 0
UNION ALL
SELECT
    DATE(completed_at) AS date,
    tier,
    COUNT(*) AS generations,
    CAST(SUM(user_charged_micros) / 1000000 AS DECIMAL(18, 6)) AS revenue,
    CAST(SUM(COALESCE(actual_cost_micros, estimated_cost_micros)) / 1000000
         AS DECIMAL(18, 6)) AS costs,
    CAST(SUM(user_charged_micros - COALESCE(actual_cost_micros, estimated_cost_micros)) / 1000000
         AS DECIMAL(18, 6)) AS profit,
    CAST(AVG(duration_seconds) AS DECIMAL(10, 2)) AS avg_duration
FROM video_jobs
WHERE state = 'delivered'
    AND completed_at >= COALESCE((SELECT MAX(day) FROM daily_figures) + INTERVAL 1 DAY, '1000-01-01')
GROUP BY DATE(completed_at), tier;
