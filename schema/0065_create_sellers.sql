-- Who sells, as the settings said from some moment on; the newest row is what documents are
-- made with, by whatever process. `address` has a line for each line; `tax_line` is what a receipt says
-- of tax.
CREATE TABLE sellers (
    id         UUID         NOT NULL PRIMARY KEY,
    name       VARCHAR(300) NOT NULL,
    address    VARCHAR(500) NOT NULL,
    tax_id     VARCHAR(100) NOT NULL,
    tax_line   VARCHAR(300) NOT NULL,
    created_at DATETIME(6)  NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
