-- revision: c5d39a625689
-- down_revision: 76446a92782b
-- message: create closing days
-- created: 2026-02-03T10:45:00Z
-- lock_timeout: 5s

DROP TRIGGER loans_move_due_day ON loans;
DROP FUNCTION move_due_day();
DROP FUNCTION next_open_day(date);
DROP TABLE closing_days;
