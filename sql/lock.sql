-- Take the lock of this version table for the transaction, or raise LS001. From
-- here on search_path is the version table's schema alone.
DO $lockstep$
DECLARE
  version_schema text := (TABLE version_schema);
  run CONSTANT text := ' {run}';
  problem text;
BEGIN
  SELECT 'the version table in schema ' || n.nspname::text || CASE
           WHEN version_schema IS NULL THEN ' is hidden: the role has no USAGE there'
           ELSE ' belongs to ' || pg_catalog.pg_get_userbyid(c.relowner)::text || ', who could have put anything into it'
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
             n.nspname::text = version_schema
             AND c.relowner <> n.nspowner
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS me
                              WHERE me.rolname = session_user
                                AND (me.oid = c.relowner
                                     OR NOT me.rolsuper AND pg_catalog.pg_has_role(me.oid, c.relowner, 'MEMBER')))
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d
                              WHERE d.datname = pg_catalog.current_database() AND d.datdba = c.relowner)
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = c.relowner AND r.rolsuper)
         END;
  version_schema := coalesce(version_schema, pg_catalog.current_schema()::text);
  IF pg_catalog.to_regnamespace(pg_catalog.quote_ident(version_schema)) IS NULL THEN
    problem := 'there is no schema for the version table: search_path is "'
      || pg_catalog.current_setting('search_path') || '", the schema asked for is "{schema}"';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'LS004', MESSAGE = 'lockstep: ' || problem;
  END IF;
  IF NOT pg_catalog.pg_try_advisory_xact_lock(
    pg_catalog.hashtextextended(version_schema || '.lockstep_version', 0)) THEN
    RAISE EXCEPTION USING
      ERRCODE = 'LS001',
      MESSAGE = 'lockstep: another run holds the lock of ' || version_schema || '.lockstep_version';
  END IF;
  PERFORM
    pg_catalog.set_config('search_path', pg_catalog.quote_ident(version_schema) || ', pg_temp', true),
    pg_catalog.set_config('row_security', 'off', true), -- rows that are hidden are an error
    pg_catalog.set_config('application_name', pg_catalog."left"(
      pg_catalog.current_setting('application_name'), 63 - pg_catalog.length(run)) || run, true);
  BEGIN -- stop working when the client is gone: from version 14, not on every platform
    PERFORM pg_catalog.set_config('client_connection_check_interval', '5s', true);
  EXCEPTION WHEN undefined_object OR invalid_parameter_value THEN
    NULL;
  END;
END
$lockstep$;
