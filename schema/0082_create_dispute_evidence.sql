-- What an operator has sent to Stripe against a dispute, written before Stripe is asked, so that the same
-- is sent whoever presses again, and however often; Stripe's idempotency key is made of `id`. `sent_at`:
-- Stripe has it; `problem`: it refused it, and another may follow. `fields` are the texts as they were
-- sent, `file_id` is the paper beside them. It is what a bank was told, and stays when the person goes.
CREATE TABLE dispute_evidence (
    dispute_id VARCHAR(255) NOT NULL PRIMARY KEY,
    id         UUID         NOT NULL,
    fields     JSON         NOT NULL,
    file_id    VARCHAR(255) NULL,
    begun_by   UUID         NULL,
    begun_at   DATETIME(6)  NOT NULL,
    sent_by    UUID         NULL,
    sent_at    DATETIME(6)  NULL,
    problem    VARCHAR(500) NULL,
    CONSTRAINT dispute_evidence_dispute_exists FOREIGN KEY (dispute_id) REFERENCES disputes (id),
    CONSTRAINT dispute_evidence_beginner_exists FOREIGN KEY (begun_by) REFERENCES users (id),
    CONSTRAINT dispute_evidence_sender_exists FOREIGN KEY (sent_by) REFERENCES users (id),
    CONSTRAINT dispute_evidence_sent_or_refused CHECK (sent_at IS NULL OR problem IS NULL)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
