-- The version table is no stranger's and not hidden, or raise LS004.
DO $lockstep$
DECLARE
  version_schema CONSTANT text := (TABLE version_schema);
  problem text;
BEGIN
  SELECT CASE
           WHEN version_schema IS NULL THEN ' is hidden: the role has no USAGE there'
           WHEN c.relkind <> 'r' THEN ' is no table'
           ELSE ' belongs to ' || pg_catalog.pg_get_userbyid(c.relowner)::text || ', who could have put anything into it'
         END || ' (schema ' || n.nspname::text || ')'
    INTO problem
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relname = 'lockstep_version'
     AND c.relpersistence <> 't'
     AND CASE
           WHEN version_schema IS NULL THEN
             NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
             AND n.nspname::text IN (
               SELECT pg_catalog.btrim(name, ' "')
                 FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ',')) AS s (name))
           ELSE
             n.nspname::text = version_schema
             AND (c.relkind <> 'r'
                  OR c.relowner <> n.nspowner
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS me
                                   WHERE me.rolname = session_user
                                     AND (me.oid = c.relowner
                                          OR NOT me.rolsuper AND pg_catalog.pg_has_role(me.oid, c.relowner, 'MEMBER')))
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d
                                   WHERE d.datname = pg_catalog.current_database() AND d.datdba = c.relowner)
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = c.relowner AND r.rolsuper))
         END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'LS004', MESSAGE = 'lockstep: the version table' || problem;
  END IF;
END
$lockstep$;
