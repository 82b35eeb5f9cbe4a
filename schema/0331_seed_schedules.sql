-- The audit is due from the first minute on.
INSERT INTO schedules (name, due_at) VALUES ('audit', UTC_TIMESTAMP(6));
