-- Who did what by hand, and why. `actor_id` is empty for the command line; such a line names
-- the account of the operating system.
CREATE TABLE audit_log (
    id               UUID         NOT NULL PRIMARY KEY,
    actor_id         UUID         NULL,
    system_user_name VARCHAR(255) NULL,
    action           VARCHAR(64)  NOT NULL,
    subject          VARCHAR(255) NOT NULL,
    reason           VARCHAR(500) NOT NULL,
    detail           VARCHAR(500) NOT NULL,
    created_at       DATETIME(6)  NOT NULL,
    KEY idx_subject (subject),
    KEY idx_action (action, id),
    CONSTRAINT audit_log_actor_exists FOREIGN KEY (actor_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
