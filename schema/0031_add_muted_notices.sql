-- The mails that a user has switched off.
ALTER TABLE users
    ADD COLUMN muted_notices
        SET('videoReady', 'videoFailed', 'receipt', 'creditLapsing', 'lowBalance')
        NOT NULL DEFAULT '';
