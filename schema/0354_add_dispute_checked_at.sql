-- When an open dispute was last compared with Stripe: each is, in turn, however old it is (R4).
ALTER TABLE disputes ADD COLUMN checked_at DATETIME(6) NULL;
