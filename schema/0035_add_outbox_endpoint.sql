-- Which endpoint a webhook goes to; none for the address that an order names itself. What was for an
-- endpoint goes with it.
ALTER TABLE outbox
    ADD COLUMN endpoint_id UUID NULL AFTER user_id,
    ADD CONSTRAINT outbox_endpoint_exists FOREIGN KEY (endpoint_id)
        REFERENCES webhook_endpoints (id) ON DELETE CASCADE;
