-- Whose session this is, and the version table's schema where there is one.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  (SELECT n.nspname
     FROM pg_catalog.pg_class AS c
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = pg_catalog.to_regclass(
      coalesce(pg_catalog.quote_ident(NULLIF('{schema}', '')) || '.', '') || 'lockstep_version'));
