-- Every genuine event of a vendor, once (W2). A row without processed_at named an object that we did
-- not know yet and is tried again. One that could not be received is kept apart: what it is about,
-- why it failed and when it is tried again; the look for others goes on without it.
CREATE TABLE vendor_events (
    provider       ENUM('stripe', 'pollo') NOT NULL,
    event_id       VARCHAR(255) NOT NULL,
    type           VARCHAR(255) NOT NULL,
    object_id      VARCHAR(255) NOT NULL,
    received_at    DATETIME(6)  NOT NULL,
    processed_at   DATETIME(6)  NULL,
    tries          INT          NOT NULL DEFAULT 0,
    object_kind    VARCHAR(64)  NULL,
    payment_intent VARCHAR(255) NULL,
    problem        VARCHAR(500) NULL,
    next_at        DATETIME(6)  NULL,
    PRIMARY KEY (provider, event_id),
    KEY idx_unprocessed (processed_at, received_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
