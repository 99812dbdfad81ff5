-- Keep the lock over the end of this transaction, for statements outside one.
DO $lockstep$
BEGIN
  PERFORM
    pg_catalog.pg_try_advisory_lock(
      pg_catalog.hashtextextended(pg_catalog.current_schema()::text || '.lockstep_version', 0)),
    pg_catalog.set_config('application_name', pg_catalog.current_setting('application_name'), false);
  BEGIN
    PERFORM pg_catalog.set_config('client_connection_check_interval', '5s', false);
  EXCEPTION WHEN undefined_object OR invalid_parameter_value THEN
    NULL;
  END;
END
$lockstep$;
