-- revision: 0ba10d757c0e
-- down_revision: 0cf655aec127
-- message: let holds expire
-- created: 2026-02-23T14:30:00Z
-- lock_timeout: 5s

DROP FUNCTION expire_holds();

-- The function as revision a1ab7ff1c5dd made it.
CREATE OR REPLACE FUNCTION hand_copy_on(free_copy bigint)
    RETURNS void
    LANGUAGE plpgsql
AS $hand_copy_on$
BEGIN
    UPDATE holds
    SET state = 'ready',
        copy_id = free_copy
    WHERE id = (
        SELECT h.id
        FROM holds AS h
        JOIN copies AS c ON c.book_id = h.book_id
        WHERE c.id = free_copy
            AND c.state = 'circulating'
            AND h.state = 'waiting'
        ORDER BY h.placed_at, h.id
        LIMIT 1
        FOR UPDATE OF h
    );
END;
$hand_copy_on$;

ALTER TABLE holds
    DROP CONSTRAINT holds_ready_has_collect_by,
    DROP COLUMN collect_by;

-- The nearest to the truth that the old type can say.
UPDATE holds
SET state = 'cancelled'
WHERE state = 'expired';

-- A value can't be dropped from an enum, so the type is made anew; what compares the column with
-- a value of the old type has to go first and come back afterwards.
DROP INDEX holds_open_member_book_key;
DROP INDEX holds_ready_copy_key;
DROP INDEX holds_queue_idx;

ALTER TABLE holds
    DROP CONSTRAINT holds_ready_has_copy,
    ALTER COLUMN state DROP DEFAULT;

ALTER TYPE hold_state
    RENAME TO hold_state_with_expired;

CREATE TYPE hold_state AS ENUM (
    'waiting',
    'ready',
    'collected',
    'cancelled'
);

COMMENT ON TYPE hold_state IS 'Where a hold stands; waiting and ready are open.';

ALTER TABLE holds
    ALTER COLUMN state TYPE hold_state USING state::text::hold_state;

DROP TYPE hold_state_with_expired;

ALTER TABLE holds
    ALTER COLUMN state SET DEFAULT 'waiting',
    ADD CONSTRAINT holds_ready_has_copy CHECK (state <> 'ready' OR copy_id IS NOT NULL);

CREATE UNIQUE INDEX holds_open_member_book_key
    ON holds (member_id, book_id)
    WHERE state IN ('waiting', 'ready');

CREATE UNIQUE INDEX holds_ready_copy_key
    ON holds (copy_id)
    WHERE state = 'ready';

CREATE INDEX holds_queue_idx
    ON holds (book_id, placed_at, id)
    WHERE state = 'waiting';
