-- No index that the file names in a concurrent build is invalid, or raise LS005.
DO $lockstep$
DECLARE
  words CONSTANT text[] := '{words}';
  invalid text;
BEGIN
  SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', ') INTO invalid
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid
     AND c.relkind = 'i'
     AND (c.relname::text = ANY (words)
          OR pg_catalog.regexp_replace(c.relname::text, '_cc(new|old)[0-9]*$', '') = ANY (words));
  IF invalid IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS005',
      MESSAGE = 'lockstep: index ' || invalid || ' is invalid: an earlier build of it was interrupted',
      HINT = 'Drop it (DROP INDEX CONCURRENTLY ' || invalid || ';) and build it again.';
  END IF;
END
$lockstep$;
