-- Leave nothing of the file's in the session.
RESET SESSION AUTHORIZATION;
RESET ROLE;
RESET ALL;
SET client_encoding TO 'UTF8';
SET standard_conforming_strings TO on;
CLOSE ALL;
UNLISTEN *;
DISCARD TEMP;
DO $lockstep$
DECLARE
  prepared text;
BEGIN
  FOR prepared IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql LOOP
    EXECUTE 'DEALLOCATE ' || pg_catalog.quote_ident(prepared);
  END LOOP;
END
$lockstep$;
