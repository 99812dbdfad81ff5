-- revision: 0ba10d757c0e
-- down_revision: 0cf655aec127
-- message: let holds expire
-- created: 2026-02-23T14:30:00Z
-- lock_timeout: 5s

-- Nothing below may use the new value: PostgreSQL allows that only when this transaction has
-- ended. The body of expire_holds is read when it is called, so it may name it.
ALTER TYPE hold_state
    ADD VALUE 'expired';

ALTER TABLE holds
    ADD COLUMN collect_by date;

-- Who has a copy waiting today gets the week from today.
UPDATE holds
SET collect_by = next_open_day(CURRENT_DATE + 7)
WHERE state = 'ready';

ALTER TABLE holds
    ADD CONSTRAINT holds_ready_has_collect_by CHECK (state <> 'ready' OR collect_by IS NOT NULL);

-- As before, and sets the last day.
CREATE OR REPLACE FUNCTION hand_copy_on(free_copy bigint)
    RETURNS void
    LANGUAGE plpgsql
AS $hand_copy_on$
BEGIN
    UPDATE holds
    SET state = 'ready',
        copy_id = free_copy,
        collect_by = next_open_day(CURRENT_DATE + 7)
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

CREATE FUNCTION expire_holds()
    RETURNS integer
    LANGUAGE plpgsql
AS $expire_holds$
DECLARE
    free_copy bigint;
    expired   integer := 0;
BEGIN
    FOR free_copy IN
        UPDATE holds
        SET state = 'expired'
        WHERE state = 'ready'
            AND collect_by < CURRENT_DATE
        RETURNING copy_id
    LOOP
        PERFORM hand_copy_on(free_copy);
        expired := expired + 1;
    END LOOP;
    RETURN expired;
END;
$expire_holds$;

COMMENT ON COLUMN holds.collect_by IS 'The last day on which the copy is kept at the counter.';
COMMENT ON FUNCTION expire_holds() IS 'For the nightly job: ends holds that were not collected and hands the copies on.';
