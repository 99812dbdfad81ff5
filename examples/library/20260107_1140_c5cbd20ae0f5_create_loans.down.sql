-- revision: c5cbd20ae0f5
-- down_revision: 36c311e9d2fd
-- message: create loans
-- created: 2026-01-07T11:40:00Z

DROP TABLE loans;
