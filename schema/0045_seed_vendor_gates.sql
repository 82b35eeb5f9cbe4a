-- The gate that every claim of a job passes.
INSERT INTO vendor_gates (name, changed_at)
VALUES ('pollo', UTC_TIMESTAMP(6));
