-- What names a session to its owner, who may see and end it; and when it was last used, to the
-- minute, because one that is not used for thirty days is over.
ALTER TABLE sessions
    ADD COLUMN id UUID NOT NULL DEFAULT UUID() FIRST,
    ADD COLUMN last_used_at DATETIME(6) NOT NULL DEFAULT UTC_TIMESTAMP(6) AFTER created_at,
    ADD CONSTRAINT sessions_id_unique UNIQUE (id),
    ADD KEY idx_last_used (last_used_at);
