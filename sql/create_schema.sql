-- The schema that the version table is to be in, if it is missing.
DO $lockstep$
BEGIN
  IF pg_catalog.to_regnamespace(pg_catalog.quote_ident('{schema}')) IS NULL THEN
    EXECUTE 'CREATE SCHEMA ' || pg_catalog.quote_ident('{schema}');
  END IF;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN
  NULL; -- another run was faster
END
$lockstep$;
