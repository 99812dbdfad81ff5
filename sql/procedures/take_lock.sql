-- Takes the lock of a scope for this transaction, or raises LS001: it never waits for it.
CREATE PROCEDURE lockstep.take_lock(scope text, run text, lock_timeout text) LANGUAGE plpgsql AS $lockstep$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('{version}' || ' ' || scope, 0)) THEN
    RAISE EXCEPTION USING ERRCODE = 'LS001',
      MESSAGE = 'lockstep: another run holds the lock of ' || '{version}' || ', scope ' || scope;
  END IF;
  -- Those who wait see in pg_stat_activity which revision they wait for.
  PERFORM set_config('application_name', "left"(current_setting('application_name'), 62 - length(run)) || ' ' || run, true);
  IF current_setting('lock_timeout') = '0' THEN -- all queries that come after a waiting ALTER TABLE wait with it
    PERFORM set_config('lock_timeout', lock_timeout, true);
  END IF;
  IF current_setting('client_connection_check_interval', true) IS NOT NULL AND strpos(version(), 'linux') > 0 THEN -- from 14
    PERFORM set_config('client_connection_check_interval', '5s', true);
  END IF;
END $lockstep$;
