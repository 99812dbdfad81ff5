DO $lockstep$
BEGIN
  INSERT INTO lockstep_version (
    revision, parents, depends_on, message, checksum, token_checksum,
    origin, state, statements_done, done_checksum, duration, tool_version, down_script)
  VALUES (
    '{revision}', '{parents}', '{depends_on}', '{message}', '{checksum}', '{token_checksum}',
    '{origin}', '{state}', '0', '', pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp(),
    '{tool_version}', '{down_script}');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be written';
  END IF;
END
$lockstep$;
