-- What each comparison reads, when it last could, and why it could not since (R3).
CREATE TABLE reconciliation_parts (
    part     ENUM('ledger', 'stripe', 'tasks', 'balance') NOT NULL PRIMARY KEY,
    tried_at DATETIME(6)  NOT NULL,
    read_at  DATETIME(6)  NULL,
    problem  VARCHAR(500) NULL,
    CONSTRAINT reconciliation_parts_read_or_problem CHECK (read_at IS NOT NULL OR problem IS NOT NULL)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
