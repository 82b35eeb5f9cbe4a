-- A command above the limit waits for a second operator, who says the same under the same key (A4).
ALTER TABLE operator_commands
    ADD COLUMN is_done      BOOLEAN      NOT NULL DEFAULT TRUE,
    ADD COLUMN requested_by VARCHAR(255) NULL,
    ADD CONSTRAINT operator_commands_waits_for_second
        CHECK (is_done OR requested_by IS NOT NULL);
