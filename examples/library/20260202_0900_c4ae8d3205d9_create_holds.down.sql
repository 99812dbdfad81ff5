-- revision: c4ae8d3205d9
-- down_revision: 76446a92782b
-- message: create holds
-- created: 2026-02-02T09:00:00Z
-- lock_timeout: 5s

DROP TABLE holds;

ALTER TABLE copies
    DROP CONSTRAINT copies_id_book_id_key;

DROP TYPE hold_state;
