-- A schema that has a version table, but for the one where it is looked for: another run may have
-- made that meanwhile.
SELECT nspname
  FROM pg_catalog.pg_class
  JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
 WHERE relname = 'lockstep_version'
   AND relpersistence <> 't'
   AND nspname::text IS DISTINCT FROM (TABLE version_schema)
 ORDER BY nspname
 LIMIT 1;
