-- Every command by hand that was given a key, kept for ever: the same key again is the same command
-- and does nothing more (P7). `result` is the id of the row that it made, where it made one.
-- One above the limit waits for a second operator, who says the same under the same key (A4).
CREATE TABLE operator_commands (
    command_key  VARCHAR(255) NOT NULL PRIMARY KEY,
    action       VARCHAR(64)  NOT NULL,
    subject      VARCHAR(255) NOT NULL,
    arguments    VARCHAR(500) NOT NULL,
    result       VARCHAR(255) NOT NULL,
    is_done      BOOLEAN      NOT NULL DEFAULT TRUE,
    requested_by VARCHAR(255) NULL,
    created_at   DATETIME(6)  NOT NULL,
    KEY idx_done (is_done),
    CONSTRAINT operator_commands_waits_for_second
        CHECK (is_done OR requested_by IS NOT NULL)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
