-- Names this shop, for ever.
INSERT INTO installations (id, created_at)
VALUES (UUID(), UTC_TIMESTAMP(6));
