-- Gives back the advisory locks of the session, and what the file has PREPAREd, but not what a pooler has.
CREATE PROCEDURE lockstep.clear_session() LANGUAGE plpgsql AS $lockstep$
DECLARE
  prepared text;
BEGIN
  PERFORM pg_advisory_unlock_all();
  FOR prepared IN SELECT s.name FROM pg_prepared_statement() AS s WHERE s.from_sql LOOP
    EXECUTE format('DEALLOCATE %I', prepared);
  END LOOP;
END $lockstep$;
