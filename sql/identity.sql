-- Whose session this is, and of the version table the schema, the kind, and whether it is the
-- role's own; NULL where there is none. For the rest of the message search_path is its schema
-- alone.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  n.nspname,
  c.relkind,
  pg_catalog.pg_get_userbyid(c.relowner) = session_user,
  pg_catalog.set_config('search_path', coalesce(pg_catalog.quote_ident(n.nspname), 'pg_catalog') || ', pg_temp', true)
  FROM (SELECT pg_catalog.to_regclass(pg_catalog.quote_ident((TABLE version_schema)) || '.lockstep_version')) AS v (oid)
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace;
