-- Receipts of purchases, credit notes of what went back of them, and debit notes of what of that came
-- to us again because a refund failed. Never changed. `seller_id` is NULL where no process had told
-- who sells.
CREATE TABLE documents (
    kind          ENUM('receipt', 'credit_note', 'debit_note') NOT NULL,
    number        INT          NOT NULL,
    purchase_id   UUID         NOT NULL,
    seller_id     UUID         NULL,
    amount_micros BIGINT       NOT NULL,
    op_key        VARCHAR(255) NOT NULL,
    created_at    DATETIME(6)  NOT NULL,
    PRIMARY KEY (kind, number),
    KEY idx_purchase (purchase_id),
    CONSTRAINT documents_op_unique UNIQUE (op_key),
    CONSTRAINT documents_purchase_exists FOREIGN KEY (purchase_id) REFERENCES purchases (id),
    CONSTRAINT documents_seller_exists FOREIGN KEY (seller_id) REFERENCES sellers (id),
    CONSTRAINT documents_series_exists FOREIGN KEY (kind) REFERENCES document_counters (kind),
    CONSTRAINT documents_amount_positive CHECK (amount_micros > 0),
    CONSTRAINT documents_number_positive CHECK (number > 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
