-- How an endpoint has answered lately. One that failed, or took long, is called by threads of its
-- own until it answers well again; after five failures in a row its messages wait, one trying again
-- from `open_until` on; after five days of it the endpoint is switched off.
ALTER TABLE webhook_endpoints
    ADD COLUMN failures INT NOT NULL DEFAULT 0,
    ADD COLUMN failing_since DATETIME(6) NULL,
    ADD COLUMN is_slow BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN open_until DATETIME(6) NULL,
    ADD COLUMN disabled_at DATETIME(6) NULL,
    ADD CONSTRAINT webhook_endpoints_failing_since_the_first
        CHECK (IF(failures = 0, failing_since IS NULL, failing_since IS NOT NULL));
