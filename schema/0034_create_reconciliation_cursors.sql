-- Where the walk through each of Stripe's lists stands, newest object first (R4): `after_id` is the
-- last object that was compared. A walk that is not done goes on in the next run.
CREATE TABLE reconciliation_cursors (
    list       ENUM('sessions', 'charges', 'refunds', 'disputes', 'transactions')
                            NOT NULL PRIMARY KEY,
    started_at DATETIME(6)  NOT NULL,
    after_id   VARCHAR(255) NULL,
    done_at    DATETIME(6)  NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
