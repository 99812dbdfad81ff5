-- The version table is not hidden, and it is a table, or raise LS004.
DO $lockstep$
DECLARE
  version_schema CONSTANT text := (TABLE version_schema);
  version_table CONSTANT oid := pg_catalog.to_regclass(pg_catalog.quote_ident(version_schema) || '.lockstep_version');
  problem text;
BEGIN
  IF version_schema IS NULL THEN
    SELECT ' is hidden: the role has no USAGE on schema ' || n.nspname::text INTO problem
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relname = 'lockstep_version'
       AND c.relpersistence <> 't'
       AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
       AND n.nspname::text IN (
         SELECT pg_catalog.btrim(name, ' "')
           FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ',')) AS s (name));
  ELSIF version_table IS NOT NULL THEN
    SELECT ' is no table: ' || version_schema || '.lockstep_version' INTO problem
      FROM pg_catalog.pg_class AS c
     WHERE c.oid = version_table
       AND c.relkind <> 'r';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'LS004', MESSAGE = 'lockstep: the version table' || problem;
  END IF;
END
$lockstep$;
