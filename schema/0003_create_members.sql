-- Which users act for which account. Whoever signs up owns the account that is made for them then.
CREATE TABLE members (
    account_id UUID        NOT NULL,
    user_id    UUID        NOT NULL,
    role       ENUM('owner', 'member', 'billing') NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (account_id, user_id),
    KEY idx_user (user_id, role, created_at, account_id),
    CONSTRAINT members_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT members_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
