-- The links by which owners show their videos to people who have no account: one a video, whoever has it
-- may look. Only the SHA-256 of a link's token is kept; the token is the HMAC of `link_id`, so that
-- no copy of this database opens a video, and its owner can be shown it again. Another link in its
-- place has another `link_id`. What is shown beside the video is what the owner chose.
CREATE TABLE video_shares (
    video_id        UUID        NOT NULL PRIMARY KEY,
    account_id      UUID        NOT NULL,
    user_id         UUID        NOT NULL,
    link_id         UUID        NOT NULL,
    token_hash      BINARY(32)  NOT NULL,
    shows_prompt    BOOLEAN     NOT NULL,
    allows_download BOOLEAN     NOT NULL,
    created_at      DATETIME(6) NOT NULL,
    expires_at      DATETIME(6) NOT NULL,
    KEY idx_expires (expires_at),
    CONSTRAINT video_shares_hash_unique UNIQUE (token_hash),
    CONSTRAINT video_shares_video_exists FOREIGN KEY (video_id) REFERENCES video_jobs (id),
    CONSTRAINT video_shares_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT video_shares_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
