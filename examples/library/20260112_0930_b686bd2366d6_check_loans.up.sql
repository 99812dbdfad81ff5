-- revision: b686bd2366d6
-- down_revision: c5cbd20ae0f5
-- message: check loans
-- created: 2026-01-12T09:30:00Z
-- lock_timeout: 5s

-- Rules that look at other rows, which a CHECK can't.
CREATE FUNCTION check_loan()
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

    RETURN NEW;
END;
$check_loan$;

CREATE TRIGGER loans_check
    BEFORE INSERT ON loans
    FOR EACH ROW
    EXECUTE FUNCTION check_loan();

COMMENT ON FUNCTION check_loan() IS 'Refuses a loan to a blocked member, an eleventh loan, and a copy that is not for loan.';
