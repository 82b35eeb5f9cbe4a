-- Keeps an event that could not be received apart: what it is about, why it failed and when it is
-- tried again. The look for others goes on without it.
ALTER TABLE vendor_events
    ADD COLUMN object_kind    VARCHAR(64)  NULL,
    ADD COLUMN payment_intent VARCHAR(255) NULL,
    ADD COLUMN problem        VARCHAR(500) NULL,
    ADD COLUMN next_at        DATETIME(6)  NULL;
