-- Whose session this is, the version table's schema where there is one, and where there
-- is none another schema that has one.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  (SELECT nspname
     FROM pg_catalog.pg_class
     JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname::text = (TABLE version_schema)
      AND relname = 'lockstep_version'),
  (SELECT nspname
     FROM pg_catalog.pg_class
     JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
    WHERE relname = 'lockstep_version'
      AND relpersistence <> 't'
    ORDER BY nspname
    LIMIT 1);
