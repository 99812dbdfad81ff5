-- revision: a1ab7ff1c5dd
-- down_revision: c4ae8d3205d9
-- message: serve holds
-- created: 2026-02-04T13:20:00Z
-- lock_timeout: 5s

-- Takes the head of the queue; does nothing if nobody waits.
CREATE FUNCTION hand_copy_on(free_copy bigint)
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

CREATE FUNCTION serve_holds()
    RETURNS trigger
    LANGUAGE plpgsql
AS $serve_holds$
DECLARE
    put_aside bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM hand_copy_on(NEW.copy_id);
        RETURN NULL;
    END IF;

    UPDATE holds AS h
    SET state = 'collected'
    FROM copies AS c
    WHERE c.id = NEW.copy_id
        AND h.book_id = c.book_id
        AND h.member_id = NEW.member_id
        AND h.state IN ('waiting', 'ready')
    RETURNING h.copy_id INTO put_aside;

    -- Found another copy on the shelf: the one at the counter is free again.
    IF put_aside <> NEW.copy_id THEN
        PERFORM hand_copy_on(put_aside);
    END IF;
    RETURN NULL;
END;
$serve_holds$;

CREATE TRIGGER loans_collect_hold
    AFTER INSERT ON loans
    FOR EACH ROW
    EXECUTE FUNCTION serve_holds();

CREATE TRIGGER loans_return_to_hold
    AFTER UPDATE OF returned_on ON loans
    FOR EACH ROW
    WHEN (OLD.returned_on IS NULL AND NEW.returned_on IS NOT NULL)
    EXECUTE FUNCTION serve_holds();

-- As before, and the last rule is new.
CREATE OR REPLACE FUNCTION check_loan()
    RETURNS trigger
    LANGUAGE plpgsql
AS $check_loan$
DECLARE
    blocked_since date;
    open_loans    integer;
BEGIN
    -- The row lock makes two counters that serve one member wait for each other;
    -- without it both could hand out the tenth book.
    SELECT m.blocked_on
    INTO blocked_since
    FROM members AS m
    WHERE m.id = NEW.member_id
    FOR NO KEY UPDATE;

    IF blocked_since <= NEW.loaned_on THEN
        RAISE EXCEPTION 'member % is blocked since %', NEW.member_id, blocked_since
            USING ERRCODE = 'check_violation';
    END IF;

    SELECT count(*)
    INTO open_loans
    FROM loans AS l
    WHERE l.member_id = NEW.member_id
        AND l.returned_on IS NULL;

    IF open_loans >= 10 THEN
        RAISE EXCEPTION 'member % has % books already', NEW.member_id, open_loans
            USING ERRCODE = 'check_violation',
                HINT = 'Ten are allowed; one has to come back first.';
    END IF;

    IF EXISTS (
        SELECT FROM copies AS c
        WHERE c.id = NEW.copy_id
            AND c.state <> 'circulating'
    ) THEN
        RAISE EXCEPTION 'copy % is not for loan', NEW.copy_id
            USING ERRCODE = 'check_violation';
    END IF;

    IF EXISTS (
        SELECT FROM holds AS h
        WHERE h.copy_id = NEW.copy_id
            AND h.state = 'ready'
            AND h.member_id <> NEW.member_id
    ) THEN
        RAISE EXCEPTION 'copy % is put aside for another member', NEW.copy_id
            USING ERRCODE = 'check_violation';
    END IF;

    RETURN NEW;
END;
$check_loan$;

COMMENT ON FUNCTION hand_copy_on(bigint) IS 'Puts a free copy aside for the first member who waits for the book.';
COMMENT ON FUNCTION serve_holds() IS 'Closes the hold of a member who borrows the book; hands on a copy that comes back.';
COMMENT ON FUNCTION check_loan() IS 'Refuses a loan to a blocked member, an eleventh loan, and a copy that is not for loan or put aside for someone else.';
