DO $lockstep$
BEGIN
  INSERT INTO lockstep_log (operation, revision, outcome, checksum, duration, tool_version, detail)
  VALUES (
    '{operation}', '{revision}', '{outcome}', '{checksum}',
    (SELECT duration FROM lockstep_version WHERE revision = '{revision}'), '{tool_version}', '{detail}');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_log could not be written';
  END IF;
END
$lockstep$;
