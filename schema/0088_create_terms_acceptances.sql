-- Who agreed to which version of the terms and the privacy notice, when and from where: at sign-up, and
-- by the press of a purchase page that showed another version. Of several times the first counts. A
-- version is a digest of what the pages show. It stays when the person goes, without the address.
CREATE TABLE terms_acceptances (
    user_id     UUID        NOT NULL,
    version     VARCHAR(64) NOT NULL,
    address     VARCHAR(45) NULL,
    accepted_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, version),
    CONSTRAINT terms_acceptances_user_exists FOREIGN KEY (user_id) REFERENCES users (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
