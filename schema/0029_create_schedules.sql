-- What one of all `work` processes does from time to time (A2): whoever takes the row does it and
-- renews its lease meanwhile; a lease that ran out is another's to take. `done_at` is the instant
-- that the last one that ended has seen, `problem` why the last one did not end.
CREATE TABLE schedules (
    name        VARCHAR(32)  NOT NULL PRIMARY KEY,
    due_at      DATETIME(6)  NOT NULL,
    lease_token UUID         NULL,
    lease_until DATETIME(6)  NULL,
    begun_at    DATETIME(6)  NULL,
    done_at     DATETIME(6)  NULL,
    failed_at   DATETIME(6)  NULL,
    problem     VARCHAR(500) NULL,
    CONSTRAINT schedules_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    CONSTRAINT schedules_failed_iff_problem CHECK ((failed_at IS NULL) = (problem IS NULL))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
