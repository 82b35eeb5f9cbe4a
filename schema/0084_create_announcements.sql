-- What an operator tells everybody who comes in: that orders of videos, purchases or sign-ups are paused,
-- and a banner above every page. One row each, always there. Whoever accepts an order, a purchase or a
-- sign-up shares the lock on its row until COMMIT, so that nothing is accepted once a pause was answered.
-- `until_at` of a pause is told and not acted on. `since_at` is when it was switched on or off,
-- `changed_at` when anything of it was changed.
CREATE TABLE announcements (
    name       VARCHAR(16)  NOT NULL PRIMARY KEY,
    is_on      BOOLEAN      NOT NULL DEFAULT FALSE,
    is_warning BOOLEAN      NOT NULL DEFAULT FALSE,
    words      VARCHAR(300) NOT NULL DEFAULT '',
    from_at    DATETIME(6)  NULL,
    until_at   DATETIME(6)  NULL,
    since_at   DATETIME(6)  NOT NULL,
    changed_at DATETIME(6)  NOT NULL,
    CONSTRAINT announcements_end_after_begin CHECK (until_at > from_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
