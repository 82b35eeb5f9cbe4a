-- The four packages of the first price list.
INSERT INTO packages
    (catalog_version, id, position, price_micros, credits_micros, bonus_micros, is_popular)
VALUES
    (1, 'starter', 1, 9990000, 10000000, 0, FALSE),
    (1, 'standard', 2, 24990000, 25000000, 2000000, FALSE),
    (1, 'pro', 3, 47990000, 50000000, 5000000, TRUE),
    (1, 'enterprise', 4, 89990000, 100000000, 15000000, FALSE);
