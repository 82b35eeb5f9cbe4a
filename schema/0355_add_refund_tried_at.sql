-- When Stripe was last asked for a refund whose answer was lost, so that all have their turn.
ALTER TABLE refunds ADD COLUMN tried_at DATETIME(6) NULL;
