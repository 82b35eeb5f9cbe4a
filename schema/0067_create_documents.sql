-- Receipts of purchases, credit notes of what went back of them, and debit notes of what of that came
-- to us again because a refund failed. A row has all that the document says of people and of tax as
-- that held when it was made, and is never changed: neither another address, other settings nor the
-- end of the account makes it say something else. What the purchase says of its amounts is as fixed.
-- `buyer` is their address, `buyer_name` what they call themselves, and of a note those of its receipt. Without a seller all that is theirs is
-- empty.
CREATE TABLE documents (
    kind           ENUM('receipt', 'credit_note', 'debit_note') NOT NULL,
    number         INT          NOT NULL,
    purchase_id    UUID         NOT NULL,
    buyer          VARCHAR(254) NOT NULL,
    buyer_name     VARCHAR(60)  NULL,
    seller_name    VARCHAR(300) NOT NULL,
    seller_address VARCHAR(500) NOT NULL,
    seller_tax_id  VARCHAR(100) NOT NULL,
    tax_line       VARCHAR(300) NOT NULL,
    amount_micros  BIGINT       NOT NULL,
    op_key         VARCHAR(255) NOT NULL,
    created_at     DATETIME(6)  NOT NULL,
    PRIMARY KEY (kind, number),
    KEY idx_purchase (purchase_id),
    CONSTRAINT documents_op_unique UNIQUE (op_key),
    CONSTRAINT documents_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id),
    CONSTRAINT documents_series_exists FOREIGN KEY (kind) REFERENCES document_counters (kind),
    CONSTRAINT documents_amount_positive CHECK (amount_micros > 0),
    CONSTRAINT documents_number_positive CHECK (number > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
