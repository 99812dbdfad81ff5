DO $lockstep$
BEGIN
  UPDATE lockstep_version
     SET state = 'done', statements_done = 0, done_checksum = '',
         duration = pg_catalog.clock_timestamp() - applied_at
   WHERE revision = '{revision}';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be changed';
  END IF;
END
$lockstep$;
