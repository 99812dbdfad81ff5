DO $lockstep$
BEGIN
  UPDATE lockstep_version
     SET parents = '{parents}', depends_on = '{depends_on}', message = '{message}',
         checksum = '{checksum}', token_checksum = '{token_checksum}', down_script = '{down_script}'
   WHERE revision = '{revision}';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be changed';
  END IF;
END
$lockstep$;
