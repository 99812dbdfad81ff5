-- Whose session this is, the version table's schema where there is one, and where there
-- is none another schema that has one.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  here.schema,
  CASE WHEN here.schema IS NULL THEN
    (SELECT nspname
       FROM pg_catalog.pg_class
       JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace
      WHERE relname = 'lockstep_version'
        AND relpersistence <> 't'
      ORDER BY nspname
      LIMIT 1)
  END
  FROM (SELECT (TABLE version_schema)) AS asked (schema),
       LATERAL (SELECT CASE
                  WHEN pg_catalog.to_regclass(pg_catalog.quote_ident(asked.schema) || '.lockstep_version') IS NOT NULL
                  THEN asked.schema
                END) AS here (schema);
