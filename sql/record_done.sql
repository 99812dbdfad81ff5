DO $lockstep$
BEGIN
  UPDATE lockstep_version
     SET state = 'done', statements_done = 0, done_checksum = '',
         duration = CASE state WHEN 'running' THEN pg_catalog.clock_timestamp() - applied_at ELSE duration END
   WHERE revision = '{revision}';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lockstep: the row of {revision} in lockstep_version could not be changed';
  END IF;
END
$lockstep$;
