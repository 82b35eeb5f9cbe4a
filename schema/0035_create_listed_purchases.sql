-- Orders whose paid session was seen in Stripe's list of sessions. A paid order that is missing here
-- when the walk through that list is done was credited without a payment.
CREATE TABLE listed_purchases (
    purchase_id UUID        NOT NULL PRIMARY KEY,
    listed_at   DATETIME(6) NOT NULL,
    CONSTRAINT listed_purchases_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
