-- The version table is not hidden, and it is a table, or raise LS004.
DO $lockstep$
DECLARE
  version_schema CONSTANT text := (TABLE version_schema);
  problem text;
BEGIN
  SELECT CASE
           WHEN version_schema IS NULL THEN ' is hidden: the role has no USAGE on schema ' || n.nspname::text
           ELSE ' is no table: ' || n.nspname::text || '.lockstep_version'
         END
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
             n.nspname::text = version_schema AND c.relkind <> 'r'
         END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'LS004', MESSAGE = 'lockstep: the version table' || problem;
  END IF;
END
$lockstep$;
