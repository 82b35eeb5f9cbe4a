-- Two of our refunds are never one of Stripe's (P2).
ALTER TABLE refunds
    ADD CONSTRAINT refunds_stripe_refund_unique UNIQUE (stripe_refund_id);
