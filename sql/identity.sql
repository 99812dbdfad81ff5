-- Whose session this is, and of the version table the schema and the kind; NULL where there is
-- none. trusted is a table that is the role's own, or read by no superuser.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  n.nspname,
  c.relkind,
  t.trusted
  FROM (SELECT pg_catalog.to_regclass(pg_catalog.quote_ident((TABLE version_schema)) || '.lockstep_version')::oid) AS v (oid)
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
   SELECT CASE
            WHEN c.relkind IS DISTINCT FROM 'r' THEN false
            WHEN pg_catalog.pg_get_userbyid(c.relowner) = session_user THEN true
            ELSE pg_catalog.current_setting('is_superuser') = 'off'
              AND NOT (SELECT me.rolsuper FROM pg_catalog.pg_roles AS me WHERE me.rolname = session_user)
          END) AS t (trusted);
