DO $lockstep$
BEGIN
  DELETE FROM lockstep_version
   WHERE revision = '{revision}';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be changed';
  END IF;
END
$lockstep$;
