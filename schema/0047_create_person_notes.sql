-- What operators note about a user, for each other. Never changed.
CREATE TABLE person_notes (
    id               UUID         NOT NULL PRIMARY KEY,
    user_id          UUID         NOT NULL,
    actor_id         UUID         NULL,
    system_user_name VARCHAR(255) NULL,
    text             VARCHAR(500) NOT NULL,
    created_at       DATETIME(6)  NOT NULL,
    KEY idx_user (user_id, id),
    CONSTRAINT person_notes_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT person_notes_actor_exists FOREIGN KEY (actor_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
