-- Nothing is paused, and there is no banner.
INSERT INTO announcements (name, since_at, changed_at)
VALUES ('orders', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)), ('purchases', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)),
    ('signups', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)), ('banner', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
