-- The schema of the version table: the one that was asked for, else the first of
-- search_path that has one. A temporary table of that name does not count.
SELECT coalesce(
  NULLIF('{schema}', '')::pg_catalog.name::text, -- as long as names are
  (SELECT name
     FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s (name)
    WHERE pg_catalog.to_regclass(pg_catalog.quote_ident(name) || '.lockstep_version') IS NOT NULL
      AND NOT pg_catalog.starts_with(name, 'pg_temp_')
    LIMIT 1))
