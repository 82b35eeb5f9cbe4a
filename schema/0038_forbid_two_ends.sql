-- A job's hold is settled or released, never both and neither twice (J2): of its two possible ends,
-- each leg is there once.
ALTER TABLE ledger_entries
    ADD COLUMN ended_job_id UUID AS (IF(kind IN ('settle', 'release'), job_id, NULL)) VIRTUAL,
    ADD CONSTRAINT ledger_entries_one_end UNIQUE (ended_job_id, leg);
