-- revision: 3f9a1c52d7e4
-- down_revision:
-- message: create members
-- created: 2026-01-05T09:00:00Z

DROP TABLE members;
