-- A schema that has a version table.
SELECT nspname
  FROM pg_catalog.pg_class
  JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
 WHERE relname = 'lockstep_version'
   AND relpersistence <> 't'
 ORDER BY nspname
 LIMIT 1;
