DO $lockstep$
BEGIN
  UPDATE lockstep_version
     SET statements_done = '{statements_done}', done_checksum = '{done_checksum}'
   WHERE revision = '{revision}';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be changed';
  END IF;
END
$lockstep$;
