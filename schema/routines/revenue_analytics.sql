-- Per day and tier, in dollars: what was delivered, what it brought and what it cost.
CREATE OR REPLACE VIEW revenue_analytics AS
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
GROUP BY DATE(completed_at), tier;
