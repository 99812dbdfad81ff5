-- Whose session this is, and the kind of the version table; NULL where there is none. Reading a table may run
-- what its owner has put there, which a superuser must not: unless the table is the session's own, or the session
-- no superuser's, the division by zero keeps the rest of the message from running, and the owner is looked at
-- more closely. Who may not read pg_authid is no superuser. bare is a database in which nobody has made a table,
-- a type or a function outside the table's schema.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  c.relkind,
  CASE WHEN c.oid IS NOT NULL THEN
    NOT EXISTS (
      SELECT
        FROM pg_catalog.pg_type AS t
       WHERE t.oid >= 16384::oid
         AND t.typnamespace <> c.relnamespace
         AND t.typnamespace <> 'pg_toast'::pg_catalog.regnamespace::oid) -- where version 13 has types of lockstep's, too
    AND NOT EXISTS (
      SELECT
        FROM pg_catalog.pg_proc AS p
       WHERE p.oid >= 16384::oid
         AND p.pronamespace <> c.relnamespace)
  END AS bare,
  1 / CASE
    WHEN c.oid IS NULL OR '{checked}' = 'yes' THEN 1
    WHEN c.relkind = 'r' AND (
      pg_catalog.pg_get_userbyid(c.relowner) = session_user
      OR NOT pg_catalog.has_table_privilege(session_user, 'pg_catalog.pg_authid'::pg_catalog.regclass::oid, 'SELECT')
        AND NOT pg_catalog.has_table_privilege(current_user, 'pg_catalog.pg_authid'::pg_catalog.regclass::oid, 'SELECT'))
    THEN 1
    ELSE 0
  END
  FROM (SELECT pg_catalog.to_regclass('{version}')::oid) AS v (oid)
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = v.oid;
