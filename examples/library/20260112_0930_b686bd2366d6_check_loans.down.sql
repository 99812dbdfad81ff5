-- revision: b686bd2366d6
-- down_revision: c5cbd20ae0f5
-- message: check loans
-- created: 2026-01-12T09:30:00Z
-- lock_timeout: 5s

DROP TRIGGER loans_check ON loans;
DROP FUNCTION check_loan();
