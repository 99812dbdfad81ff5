-- revision: c5d39a625689
-- down_revision: 76446a92782b
-- message: create closing days
-- created: 2026-02-03T10:45:00Z
-- lock_timeout: 5s

CREATE TABLE closing_days (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    period daterange NOT NULL,
    reason text NOT NULL,
    -- next_open_day steps over a period, so a period has to end.
    CONSTRAINT closing_days_period_bounded CHECK (
        NOT isempty(period)
        AND NOT lower_inf(period)
        AND NOT upper_inf(period)
    ),
    CONSTRAINT closing_days_no_overlap EXCLUDE USING gist (period WITH &&)
);

INSERT INTO closing_days (period, reason)
VALUES
    ('[2026-04-03,2026-04-06]', 'Ostern 🐣'),
    ('[2026-05-01,2026-05-01]', 'Erster Mai'),
    ('[2026-10-03,2026-10-03]', 'Tag der Deutschen Einheit'),
    ('[2026-12-24,2026-12-26]', 'Weihnachten'),
    ('[2026-12-27,2027-01-01]', 'Inventur; frohes neues Jahr – szczęśliwego Nowego Roku!');

CREATE FUNCTION next_open_day(wanted date)
    RETURNS date
    LANGUAGE plpgsql
    STABLE
    STRICT
AS $$
DECLARE
    closed daterange;
BEGIN
    -- A loop, because one closing period may begin where another ends.
    LOOP
        SELECT c.period
        INTO closed
        FROM closing_days AS c
        WHERE c.period @> wanted;

        EXIT WHEN NOT FOUND;
        wanted := upper(closed);
    END LOOP;
    RETURN wanted;
END;
$$;

CREATE FUNCTION move_due_day()
    RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.due_on := next_open_day(NEW.due_on);
    RETURN NEW;
END;
$$;

CREATE TRIGGER loans_move_due_day
    BEFORE INSERT OR UPDATE OF due_on ON loans
    FOR EACH ROW
    EXECUTE FUNCTION move_due_day();

COMMENT ON TABLE closing_days IS 'When the library is closed, beside its weekly hours.';
COMMENT ON FUNCTION next_open_day(date) IS 'The day itself, or the first day after it on which the library is open.';
