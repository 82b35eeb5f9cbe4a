-- How often something was tried lately that can be guessed or misused: sign-ins of an address, from a
-- network, from a known device; mails asked for. A key is an HMAC, so that the table names neither
-- addresses nor what was typed in their place. `tries` are those up to `tried_at`; they are forgotten
-- one by one. `told_at`: when the owner was told of this row of tries.
CREATE TABLE throttles (
    key_hash      BINARY(32)  NOT NULL PRIMARY KEY,
    tries         INT         NOT NULL DEFAULT 0,
    tried_at      DATETIME(6) NOT NULL,
    blocked_until DATETIME(6) NULL,
    told_at       DATETIME(6) NULL,
    KEY idx_tried (tried_at),
    CONSTRAINT throttles_tries_not_negative CHECK (tries >= 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
