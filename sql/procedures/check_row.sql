-- Raises an error unless a row was written: triggers, rules and policies may swallow one.
CREATE PROCEDURE lockstep.check_row(written boolean, revision text, table_name text) LANGUAGE plpgsql AS $lockstep$
BEGIN
  IF NOT written THEN
    RAISE EXCEPTION 'lockstep: the row of % in % could not be written', revision, table_name;
  END IF;
END $lockstep$;
