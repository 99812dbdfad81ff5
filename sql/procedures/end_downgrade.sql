-- Ends a downgrade: this is still the transaction that took the lock (else LS003); deletes the row.
CREATE PROCEDURE lockstep.end_downgrade(scope text, revision text, checksum text, tool_version text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$ #variable_conflict use_variable
DECLARE
  duration CONSTANT interval := clock_timestamp() - transaction_timestamp();
BEGIN
  CALL lockstep.clear_session();
  CALL lockstep.check_lock(scope);
  DELETE FROM lockstep.version AS v WHERE v.scope = scope AND v.revision = revision;
  CALL lockstep.check_row(FOUND, revision, '{version}');
  CALL lockstep.write_log(scope, 'downgrade', revision, checksum, duration, tool_version);
END $lockstep$;
