-- revision: 24273f869842
-- down_revision: c5d39a625689
-- message: index due days
-- created: 2026-02-05T07:40:00Z
-- transaction: none

DROP INDEX CONCURRENTLY loans_open_due_on_idx;
