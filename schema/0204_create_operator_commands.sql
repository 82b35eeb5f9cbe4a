-- Every command by hand that was given a key, kept for ever: the same key again is the same command
-- and does nothing more (P7). `result` is the id of the row that it made, where it made one.
CREATE TABLE operator_commands (
    command_key VARCHAR(255) NOT NULL PRIMARY KEY,
    action      VARCHAR(64)  NOT NULL,
    subject     VARCHAR(255) NOT NULL,
    arguments   VARCHAR(500) NOT NULL,
    result      VARCHAR(255) NOT NULL,
    created_at  DATETIME(6)  NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
