-- The schema of the version table: the one that was asked for, else the first of
-- search_path that has one. A temporary table of that name does not count.
SELECT coalesce(
  NULLIF('{schema}', ''),
  (SELECT n.nspname
     FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, place)
     JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.name
     JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
    WHERE c.relname = 'lockstep_version'
      AND c.relpersistence <> 't'
    ORDER BY s.place
    LIMIT 1))
