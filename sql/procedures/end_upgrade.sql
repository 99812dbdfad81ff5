-- Ends an upgrade: this is still the transaction that took the lock (else LS003); writes the two rows.
CREATE PROCEDURE lockstep.end_upgrade(scope text, revision text, parents text, depends_on text, message text,
  checksum text, token_checksum text, tool_version text, down_script text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $lockstep$
DECLARE
  duration CONSTANT interval := clock_timestamp() - transaction_timestamp();
  same CONSTANT boolean := pg_advisory_unlock(hashtext('{version}' || ' ' || scope), hashtext(pg_current_xact_id()::text));
BEGIN
  CALL lockstep.clear_session();
  IF NOT same THEN CALL lockstep.check_lock(scope); END IF; -- the file has given back all locks of the session
  INSERT INTO lockstep.version (scope, revision, parents, depends_on, message, checksum, token_checksum,
    origin, state, duration, tool_version, down_script)
  VALUES (scope, revision, string_to_array(parents, ', '), string_to_array(depends_on, ', '), message, checksum,
    token_checksum, 'applied', 'done', duration, tool_version, down_script);
  CALL lockstep.check_row(FOUND, revision, '{version}');
  CALL lockstep.write_log(scope, 'upgrade', revision, checksum, duration, tool_version);
END $lockstep$;
