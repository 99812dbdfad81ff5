-- revision: 36c311e9d2fd
-- down_revision: eb62d7fff35b
-- message: create copies
-- created: 2026-01-07T08:15:00Z

DROP TABLE copies;
DROP TYPE copy_state;
