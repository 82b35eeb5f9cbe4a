-- Which shop this is, made once: the mark on all that we make at Stripe, whose account other shops
-- and applications may share (P8). A copy of the database is the same shop.
CREATE TABLE installations (
    id         UUID        NOT NULL PRIMARY KEY,
    is_only    BOOLEAN     NOT NULL DEFAULT TRUE,
    created_at DATETIME(6) NOT NULL,
    CONSTRAINT installations_only_one UNIQUE (is_only),
    CONSTRAINT installations_is_only CHECK (is_only)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
