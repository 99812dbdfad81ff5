-- Whose session this is, and the version table's schema where there is one.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  (SELECT nspname
     FROM pg_catalog.pg_class
     JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname = (TABLE version_schema)
      AND relname = 'lockstep_version');
