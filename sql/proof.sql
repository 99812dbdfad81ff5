-- This is still the transaction that took the lock: its number is the one that was set then,
-- or, where the file has reset that, the lock is still held. Else raise LS003. What is set is
-- only compared: anything that the file calls may have set it. From here on search_path is the
-- version table's schema alone.
DO $lockstep$
DECLARE
  version_schema text := (pg_catalog.pg_identify_object_as_address('pg_catalog.pg_class'::pg_catalog.regclass,
    pg_catalog.to_regclass('{table}')::oid, 0)).object_names[1];
BEGIN
  IF coalesce(version_schema || ' ' || pg_catalog.pg_current_xact_id()::text
    <> pg_catalog.current_setting('lockstep.transaction', true), true) THEN
    IF coalesce(version_schema, 'pg_temp') = 'pg_temp' THEN -- a temporary table of that name does not count
      version_schema := (TABLE version_schema);
    END IF;
    -- The lock of the session, which the file may have taken, is not the transaction's.
    PERFORM CASE '{session_locks}' WHEN 'released' THEN pg_catalog.pg_advisory_unlock_all()::text END;
    IF NOT EXISTS (
      SELECT
        FROM pg_catalog.pg_locks AS l
        JOIN pg_catalog.pg_database AS d ON d.oid = l.database
       WHERE l.locktype = 'advisory'
         AND l.pid = pg_catalog.pg_backend_pid()
         AND d.datname = pg_catalog.current_database()
         AND l.objsubid = 1
         AND l.classid::bigint << 32 | l.objid::bigint
           = pg_catalog.hashtextextended(version_schema || '.lockstep_version', 0)) THEN
      RAISE EXCEPTION USING
        ERRCODE = 'LS003',
        MESSAGE = 'lockstep: the lock is gone: the file ended its transaction, gave up the lock, or moved the version table',
        DETAIL = 'If the file has committed anything, that stays; the step is not recorded.';
    END IF;
  END IF;
  PERFORM
    pg_catalog.set_config('search_path', pg_catalog.quote_ident(version_schema) || ', pg_temp', true),
    pg_catalog.set_config('row_security', 'off', true),
    CASE '{session_locks}' WHEN 'released' THEN pg_catalog.pg_advisory_unlock_all()::text END;
END
$lockstep$;
