-- What another tool's version table says: a row for each of its rows, after the table's
-- qualified name and the row as one text. The query has the table's usual name in it. A
-- view is none of a tool's, and reading it would run its functions. Rows that row security hides
-- are an error, for this transaction.
SET LOCAL row_security TO off;
DO $lockstep$
DECLARE
  qualified text;
  lockstep_foreign refcursor := 'lockstep_foreign';
BEGIN
  SELECT pg_catalog.quote_ident(n.nspname::text) || '.' || pg_catalog.quote_ident(c.relname::text) INTO qualified
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = pg_catalog.to_regclass('{table}')::oid
     AND c.relkind IN ('r', 'p');
  IF qualified IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = 'there is no table ' || '{table}';
  END IF;
  OPEN lockstep_foreign FOR EXECUTE
    'SELECT ' || pg_catalog.quote_literal(qualified) || ', q::text, q.*'
    '  FROM (' || pg_catalog.replace('{query}', '{usual}', qualified) || ') AS q';
END
$lockstep$;
FETCH ALL FROM lockstep_foreign;
