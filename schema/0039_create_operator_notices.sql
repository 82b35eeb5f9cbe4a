-- What the operator was told by mail last, so that nobody is told twice of the same, and at most
-- once an hour. `items` names what needed a person then; a sender holds the row by its lease.
-- `digest_on` is the day on which the one before was told; who does that holds it until `digest_until`.
-- `test_…` is the last try of the operator's webhook: asked for, taken by a worker, and what came of it.
CREATE TABLE operator_notices (
    is_only     BOOLEAN     NOT NULL DEFAULT TRUE PRIMARY KEY,
    items       MEDIUMTEXT  NOT NULL,
    told_at     DATETIME(6) NULL,
    lease_until DATETIME(6) NULL,
    digest_on   DATE        NULL,
    digest_until DATETIME(6) NULL,
    test_asked_at     DATETIME(6)  NULL,
    test_taken_at     DATETIME(6)  NULL,
    test_done_at      DATETIME(6)  NULL,
    test_status       INT          NULL,
    test_milliseconds INT          NULL,
    test_problem      VARCHAR(500) NULL,
    CONSTRAINT operator_notices_is_only CHECK (is_only)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
