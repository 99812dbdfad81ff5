-- What identity.sql says, in a third of its time: a new session has to learn all that a query is
-- about, so this is about one table. A temporary one (kind t) is for identity.sql to see to. Who
-- may not read pg_authid is no superuser. For the rest of the message search_path is the schema of
-- a trusted table alone. What else has the name is not read, for reading may run what somebody else
-- has written: views, casts of columns.
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
       OR NOT pg_catalog.has_table_privilege(session_user, 'pg_catalog.pg_authid'::pg_catalog.regclass::oid, 'SELECT')
         AND NOT pg_catalog.has_table_privilege(current_user, 'pg_catalog.pg_authid'::pg_catalog.regclass::oid, 'SELECT'))) AS t (trusted);
