-- Ends a downgrade: this is still the transaction that took the lock (else LS003); deletes the row.
CREATE PROCEDURE lockstep.end_downgrade(scope text, revision text, checksum text, tool_version text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$ #variable_conflict use_variable
DECLARE
  duration CONSTANT interval := clock_timestamp() - transaction_timestamp();
  same CONSTANT boolean := pg_advisory_unlock(hashtext('{version}' || ' ' || scope), hashtext(pg_current_xact_id()::text));
BEGIN
  CALL lockstep.clear_session();
  IF NOT same THEN CALL lockstep.check_lock(scope); END IF; -- the file has given back all locks of the session
  DELETE FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = revision;
  CALL lockstep.check_row(FOUND, revision, '{version}');
  CALL lockstep.write_log(scope, 'downgrade', revision, checksum, duration, tool_version);
END $lockstep$;
