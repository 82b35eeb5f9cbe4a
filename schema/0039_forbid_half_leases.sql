-- A claim has a token and an end, or there is none (J11); and only what was refunded can be lost to
-- the vendor (J10).
ALTER TABLE video_jobs
    ADD CONSTRAINT video_jobs_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    ADD CONSTRAINT video_jobs_loss_where_refunded CHECK (lost_micros IS NULL OR state = 'refunded');
