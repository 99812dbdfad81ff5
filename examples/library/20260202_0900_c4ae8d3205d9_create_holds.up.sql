-- revision: c4ae8d3205d9
-- down_revision: 76446a92782b
-- message: create holds
-- created: 2026-02-02T09:00:00Z
-- lock_timeout: 5s

CREATE TYPE hold_state AS ENUM (
    'waiting',
    'ready',
    'collected',
    'cancelled'
);

COMMENT ON TYPE hold_state IS 'Where a hold stands; waiting and ready are open.';

-- Lets a hold say: this copy, and it is one of the book that was asked for.
ALTER TABLE copies
    ADD CONSTRAINT copies_id_book_id_key UNIQUE (id, book_id);

CREATE TABLE holds (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    book_id   bigint NOT NULL,
    member_id bigint NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    state     hold_state NOT NULL DEFAULT 'waiting',
    copy_id   bigint,
    CONSTRAINT holds_ready_has_copy CHECK (state <> 'ready' OR copy_id IS NOT NULL),
    CONSTRAINT holds_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id),
    CONSTRAINT holds_member_id_fkey FOREIGN KEY (member_id) REFERENCES members (id),
    CONSTRAINT holds_copy_id_fkey FOREIGN KEY (copy_id, book_id) REFERENCES copies (id, book_id)
);

CREATE UNIQUE INDEX holds_open_member_book_key
    ON holds (member_id, book_id)
    WHERE state IN ('waiting', 'ready');

CREATE UNIQUE INDEX holds_ready_copy_key
    ON holds (copy_id)
    WHERE state = 'ready';

CREATE INDEX holds_queue_idx
    ON holds (book_id, placed_at, id)
    WHERE state = 'waiting';

COMMENT ON TABLE holds IS 'Who waits for a book; the first to come is the first to get it.';
COMMENT ON COLUMN holds.copy_id IS 'The copy that was put aside for the member.';
