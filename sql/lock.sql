-- Take the lock of this version table for the transaction, or raise LS001. From here on
-- search_path is the version table's schema alone. Where rows are expected and there is no
-- version table, raise LS002.
DO $lockstep$
DECLARE
  version_schema text := (pg_catalog.pg_identify_object_as_address('pg_catalog.pg_class'::pg_catalog.regclass,
    pg_catalog.to_regclass('{table}')::oid, 0)).object_names[1];
BEGIN
  -- As a rule there is a table, and the lock is free: each look at something takes time. CASE,
  -- for the lock of some other table must not be taken on the way. Else one thing after the other.
  IF (CASE WHEN version_schema <> 'pg_temp'
    THEN NOT pg_catalog.pg_try_advisory_xact_lock(
      pg_catalog.hashtextextended(version_schema || '.lockstep_version', 0))
    ELSE true END) THEN
    version_schema := coalesce((TABLE version_schema), pg_catalog.current_schema()::text);
    IF pg_catalog.to_regnamespace(pg_catalog.quote_ident(version_schema)) IS NULL THEN
      RAISE EXCEPTION USING
        ERRCODE = 'LS004',
        MESSAGE = 'lockstep: there is no schema for the version table',
        DETAIL = 'search_path is "' || pg_catalog.current_setting('search_path') || '", the schema asked for is "{schema}".';
    END IF;
    IF NOT pg_catalog.pg_try_advisory_xact_lock(
      pg_catalog.hashtextextended(version_schema || '.lockstep_version', 0)) THEN
      RAISE EXCEPTION USING
        ERRCODE = 'LS001',
        MESSAGE = 'lockstep: another run holds the lock of ' || version_schema || '.lockstep_version';
    END IF;
    IF '{expected}' <> ''
      AND pg_catalog.to_regclass(pg_catalog.quote_ident(version_schema) || '.lockstep_version') IS NULL THEN
      RAISE EXCEPTION USING
        ERRCODE = 'LS002',
        MESSAGE = 'lockstep: the database is in another state than upgrade {run} expects',
        DETAIL = 'Expected: {expected}. Found applied: none of them.';
    END IF;
  END IF;
  PERFORM
    pg_catalog.set_config('lockstep.transaction', -- for the proof
      version_schema || ' ' || pg_catalog.pg_current_xact_id()::text, true),
    pg_catalog.set_config('search_path', pg_catalog.quote_ident(version_schema) || ', pg_temp', true),
    pg_catalog.set_config('row_security', 'off', true), -- rows that are hidden are an error
    pg_catalog.set_config('application_name', pg_catalog."left"(
      pg_catalog.current_setting('application_name'), 62 - pg_catalog.length('{run}')) || ' {run}', true),
    CASE -- stop working when the client is gone: from version 14, not on every platform
      WHEN pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL
        AND pg_catalog.strpos(pg_catalog.version(), 'linux') > 0
      THEN pg_catalog.set_config('client_connection_check_interval', '5s', true)
    END,
    CASE -- a statement that waits for a lock makes all wait that come behind it: not for long,
         -- unless the role or the database has a limit of its own
      WHEN pg_catalog.current_setting('lock_timeout') = '0'
      THEN pg_catalog.set_config('lock_timeout', '{lock_timeout}', true)
    END;
END
$lockstep$;
