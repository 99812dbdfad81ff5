-- What identity.sql says, in a third of its time: for the name that is looked for as it stands,
-- and of a table that is the role's own or that no superuser reads. A new session has to learn
-- all that a query is about, so this is about one table. A temporary one (kind t), and one whose
-- reader has taken another role, is for identity.sql to see to.
SELECT
  pg_catalog.pg_backend_pid(),
  pg_catalog.current_database(),
  pg_catalog.pg_is_in_recovery(),
  v.name,
  CASE c.relpersistence WHEN 't' THEN 't' ELSE c.relkind END,
  t.trusted,
  pg_catalog.set_config('search_path',
    CASE WHEN t.trusted THEN pg_catalog.quote_ident(v.name) || ', pg_temp' ELSE 'pg_catalog' END, true)
  FROM (
    SELECT
      pg_catalog.to_regclass('{table}')::oid,
      (pg_catalog.pg_identify_object_as_address('pg_catalog.pg_class'::pg_catalog.regclass,
        pg_catalog.to_regclass('{table}')::oid, 0)).object_names[1]) AS v (oid, name)
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
 CROSS JOIN LATERAL (
   SELECT c.relkind = 'r'
     AND c.relpersistence <> 't'
     AND (pg_catalog.pg_get_userbyid(c.relowner) = session_user
       OR pg_catalog.current_setting('is_superuser') = 'off' AND session_user = current_user)) AS t (trusted);
