-- What the file has prepared goes; what a pooler has prepared stays.
DO $lockstep$
DECLARE
  prepared text;
BEGIN
  FOR prepared IN SELECT name FROM pg_catalog.pg_prepared_statement() WHERE from_sql LOOP
    EXECUTE 'DEALLOCATE ' || pg_catalog.quote_ident(prepared);
  END LOOP;
END
$lockstep$;
