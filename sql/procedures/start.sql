-- Starts a file outside a transaction: its row says so, the log can be written, and the session keeps the lock.
CREATE PROCEDURE lockstep.start(scope text, operation text, revision text, checksum text, tool_version text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$ #variable_conflict use_variable
BEGIN
  PERFORM FROM lockstep.version AS v
   WHERE v.scope = scope AND v.revision = revision
     AND v.state = CASE operation WHEN 'upgrade' THEN 'running' ELSE 'reverting' END;
  CALL lockstep.check_row(FOUND, revision, '{version}');
  BEGIN
    CALL lockstep.write_log(scope, operation, revision, checksum, NULL, tool_version);
    RAISE EXCEPTION USING ERRCODE = 'LS000'; -- rolls back that row
  EXCEPTION WHEN SQLSTATE 'LS000' THEN NULL;
  END;
  PERFORM pg_try_advisory_lock(hashtextextended('{version}' || ' ' || scope, 0)),
    set_config('application_name', current_setting('application_name'), false);
  PERFORM set_config(s.name, s.setting || 'ms', false) FROM pg_settings AS s WHERE s.name = 'client_connection_check_interval';
END $lockstep$;
