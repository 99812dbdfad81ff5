-- Gives back the advisory locks of the session, and what was PREPAREd in it, but not what a pooler has.
DO $lockstep$
DECLARE
  prepared text;
BEGIN
  PERFORM pg_catalog.pg_advisory_unlock_all();
  FOR prepared IN SELECT s.name FROM pg_catalog.pg_prepared_statement() AS s WHERE s.from_sql LOOP
    EXECUTE 'DEALLOCATE ' || pg_catalog.quote_ident(prepared);
  END LOOP;
END
$lockstep$;
