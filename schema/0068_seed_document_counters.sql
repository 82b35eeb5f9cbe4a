-- Each series begins with 1.
INSERT INTO document_counters (kind, last)
VALUES ('receipt', 0), ('credit_note', 0), ('debit_note', 0);
