-- The last number of each series of documents. A document takes the next one under the lock on its
-- series, in the transaction that it belongs to: what is undone leaves no gap.
CREATE TABLE document_counters (
    kind ENUM('receipt', 'credit_note', 'debit_note') NOT NULL PRIMARY KEY,
    last INT NOT NULL,
    CONSTRAINT document_counters_not_negative CHECK (last >= 0)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
