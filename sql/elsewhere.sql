-- A schema that has a version table, but for the one where it is looked for: perhaps the one that was meant.
SELECT n.nspname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE (c.relname = 'lockstep_version' OR c.relname = 'version' AND n.nspname = 'lockstep')
   AND c.relpersistence <> 't'
   AND n.oid IS DISTINCT FROM pg_catalog.to_regnamespace('{schema}')::oid
 ORDER BY n.nspname
 LIMIT 1;
