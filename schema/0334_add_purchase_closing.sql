-- A person has closed a purchase whose payment does not fit its order: nothing is credited, and
-- Stripe is asked about it no more (A4).
ALTER TABLE purchases
    ADD COLUMN closed_at DATETIME(6) NULL;
