-- What a line of the user's list is made of, as JSON, from which a page or a mail writes the
-- sentence in the reader's language; `description` is in English, for whoever reads the table.
ALTER TABLE transactions
    ADD COLUMN detail VARCHAR(4000) NOT NULL DEFAULT '{}' AFTER description,
    ADD CONSTRAINT transactions_detail_is_json CHECK (JSON_VALID(detail));
